using System.Buffers.Binary;
using System.IO.Pipelines;
using System.Text;
using Culvert.Transports.Connections;
using Culvert.Transports.Http2.Tests.Fixtures;
using Culvert.Transports.Streams;

namespace Culvert.Transports.Http2.Tests.ConnectorRole;

/// <summary>What an edge sees of a connector's frames (http2-and-proxy, sections 1.2 and 1.3).</summary>
public class FramesTests
{
    private const uint NoError = 0;
    private const uint InternalError = 2;

    private readonly FakeHandler _handler = new();

    [Fact]
    public async Task Settings_allow_what_edges_rely_on()
    {
        await using var dialled = await Dialled.StartAsync(_handler);
        var frames = await StartAsync(dialled);
        var settings = (await frames.ReadAsync(f => f.Type == RawFrames.Settings)).Payload.Chunk(6)
            .ToDictionary(s => BinaryPrimitives.ReadUInt16BigEndian(s), s => BinaryPrimitives.ReadUInt32BigEndian(s.AsSpan(2)));

        Assert.Equal(1048576u, settings[0x5]);
        Assert.Equal(1048576u, settings[0x4]);
        Assert.Equal(1048896u, settings[0x6]);

        // As many as a connector works on at once: more would only wait inside it.
        Assert.Equal((uint)StreamSlots.DefaultCapacity, settings[0x3]);
    }

    [Fact]
    public async Task Ping_is_answered_with_its_bytes()
    {
        await using var dialled = await Dialled.StartAsync(_handler);
        var frames = await StartAsync(dialled);
        await frames.WriteAsync(new RawFrames.Frame(RawFrames.Ping, 0, 0, "12345678"u8.ToArray()));
        var pong = await frames.ReadAsync(f => f.Type == RawFrames.Ping);

        Assert.Equal(RawFrames.Ack, pong.Flags);
        Assert.Equal("12345678"u8.ToArray(), pong.Payload);
    }

    [Fact]
    public async Task Response_that_ends_before_its_request_is_followed_by_a_reset_without_error()
    {
        _handler.Request = stream =>
        {
            stream.SendHead(new ResponseHead { Status = 401 });
            return Task.CompletedTask;
        };
        await using var dialled = await Dialled.StartAsync(_handler);
        var frames = await StartAsync(dialled);
        await frames.OpenAsync(1);

        Assert.True((await frames.ReadAsync(f => f.Stream == 1 && (f.EndsStream || f.Type == RawFrames.ResetStream))).EndsStream);
        Assert.Equal(NoError, (await frames.ReadAsync(f => f.Stream == 1 && f.Type == RawFrames.ResetStream)).ErrorCode);
    }

    [Fact]
    public async Task Failure_after_the_head_is_a_reset_and_never_an_end()
    {
        var arrived = new TaskCompletionSource();
        _handler.Request = async stream =>
        {
            stream.SendHead(new ResponseHead { Status = 200 });
            await stream.Output.WriteAsync("part"u8.ToArray());
            await arrived.Task;
            throw new IOException("the origin is gone");
        };
        await using var dialled = await Dialled.StartAsync(_handler);
        var frames = await StartAsync(dialled);
        await frames.OpenAsync(1);
        var data = await frames.ReadAsync(f => f.Stream == 1 && f.Type == RawFrames.Data);
        Assert.Equal("part", Encoding.ASCII.GetString(data.Payload));
        Assert.False(data.EndsStream);
        arrived.SetResult();
        var last = await frames.ReadAsync(f => f.Stream == 1);

        Assert.Equal(RawFrames.ResetStream, last.Type);
        Assert.Equal(InternalError, last.ErrorCode);
    }

    [Fact]
    public async Task Reset_by_the_edge_cancels_the_request()
    {
        var (begun, cancelled) = (new TaskCompletionSource(), new TaskCompletionSource());
        _handler.Request = async stream =>
        {
            stream.Aborted.Register(cancelled.SetResult);
            begun.SetResult();
            await cancelled.Task;
        };
        await using var dialled = await Dialled.StartAsync(_handler);
        var frames = await StartAsync(dialled);
        await frames.OpenAsync(1);
        await begun.Task.WaitAsync(Dialled.Limit);
        await frames.WriteAsync(new RawFrames.Frame(RawFrames.ResetStream, 0, 1, [0, 0, 0, 8]));

        await cancelled.Task.WaitAsync(Dialled.Limit);
    }

    [Fact]
    public async Task Second_control_stream_is_served_like_the_first_and_breaks_nothing()
    {
        _handler.Control = EchoAsync;
        _handler.Request = stream =>
        {
            stream.SendHead(new ResponseHead { Status = 200 });
            return Task.CompletedTask;
        };
        await using var dialled = await Dialled.StartAsync(_handler);
        var frames = await StartAsync(dialled);
        foreach (var id in (int[])[1, 3])
        {
            await frames.OpenAsync(id, ("cf-cloudflared-proxy-connection-upgrade", "control-stream"));
            Assert.Equal($"{id}", await EchoedAsync(frames, id, $"{id}"));
        }

        Assert.Equal("again", await EchoedAsync(frames, 1, "again"));
        await frames.OpenAsync(5);
        Assert.True((await frames.ReadAsync(f => f.Stream == 5 && f.Type is RawFrames.Headers)).Payload.Length > 0);
        Assert.False(dialled.Serving.IsCompleted);
    }

    [Fact]
    public async Task Connection_that_the_edge_closes_ends_its_service()
    {
        var ended = new TaskCompletionSource();
        _handler.Control = (_, closed) =>
        {
            closed.Register(ended.SetResult);
            return ended.Task;
        };
        await using var dialled = await Dialled.StartAsync(_handler);
        var frames = await StartAsync(dialled);
        await frames.OpenAsync(1, ("cf-cloudflared-proxy-connection-upgrade", "control-stream"));
        await frames.WriteAsync(new RawFrames.Frame(RawFrames.Ping, 0, 0, new byte[8]));
        await frames.ReadAsync(f => f.Type == RawFrames.Ping);
        await dialled.Edge.DisposeAsync();

        await ended.Task.WaitAsync(Dialled.Limit);
        await dialled.Serving.WaitAsync(Dialled.Limit);
    }

    private static async Task<RawFrames> StartAsync(Dialled dialled)
    {
        var frames = new RawFrames(dialled.Edge);
        await frames.StartAsync();
        return frames;
    }

    private static async Task<string> EchoedAsync(RawFrames frames, int id, string text)
    {
        await frames.WriteAsync(new RawFrames.Frame(RawFrames.Data, 0, id, Encoding.ASCII.GetBytes(text)));
        return Encoding.ASCII.GetString((await frames.ReadAsync(f => f.Stream == id && f.Type == RawFrames.Data)).Payload);
    }

    private static async Task EchoAsync(IDuplexPipe stream, CancellationToken closed) =>
        await PipeCopy.RunAsync(stream.Input, stream.Output, closed);
}
