using Culvert.Transports.Streams;

namespace Culvert.EndToEnd.Tests.Conformance;

/// <summary>How a connector stops (http2-and-proxy, section 13.1, C-36 to C-38).</summary>
public sealed class ShutdownConformanceTests
{
    private const string Ok = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

    [Theory, ClassData(typeof(EveryTransport))]
    public async Task C36_Stop_unregisters_serves_on_and_ends_when_the_edge_closes(string transport)
    {
        await using var origin = RawOrigin.Answering(Ok);
        await using var edge = await ScriptedEdge.StartAsync(
            transport, origin.Address, o => o with { GracePeriod = TimeSpan.FromMinutes(3) });

        edge.Connector.Stop();
        await edge.Unregistered.InTime();
        Assert.Equal("ok", (await edge.AskAsync()).Body);
        Assert.False(edge.Connector.Running.IsCompleted);

        // The answer to the call must not be lost with the connection.
        await edge.Connector.Log.WaitForAsync("Unregistered tunnel connection");
        await edge.Connection.DisposeAsync();

        await edge.Connector.Running.InTime();
    }

    [Fact]
    public async Task C36_Control_stream_ends_and_no_GOAWAY_is_sent()
    {
        await using var origin = RawOrigin.Answering(Ok);
        await using var edge = await FrameEdge.StartAsync(origin.Address, o => o with { GracePeriod = TimeSpan.FromMinutes(3) });
        edge.Connector.Stop();
        await edge.Unregistered.InTime();
        while (!(await edge.ReadAsync(1)).EndsStream)
        {
            // What is left of the conversation.
        }

        Assert.Equal("ok", (await edge.AskAsync()).Body);
        await edge.WriteAsync(new Frame(FrameType.Ping, 0, 0, new byte[8]));
        Frame frame;
        do
        {
            frame = await edge.ReadAsync(0);
            Assert.NotEqual(FrameType.GoAway, frame.Type);
        }
        while (frame.Type != FrameType.Ping);
    }

    [Theory, ClassData(typeof(EveryTransport))]
    public async Task C37_Streams_that_are_open_after_the_grace_period_are_ended(string transport)
    {
        await using var origin = RawOrigin.Start(async peer =>
        {
            await peer.ReadHeadAsync();
            await peer.WriteAsync("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n");
            await peer.ReadToEndAsync();
        });
        await using var edge = await ScriptedEdge.StartAsync(
            transport, origin.Address, o => o with { GracePeriod = TimeSpan.FromMilliseconds(300) });
        await using var stream = await edge.OpenAsync(StreamKind.WebSocket);
        Assert.Equal(101, (await stream.ReadHeadAsync(default).InTime()).Status);

        edge.Connector.Stop();

        await edge.Connector.Running.InTime();
    }

    [QuicFact]
    public async Task C38_QUIC_connection_that_the_edge_leaves_open_is_closed_after_the_grace_period()
    {
        var closed = new TaskCompletionSource();
        await using var edge = await ScriptedEdge.StartAsync(
            "quic", RawOrigin.NobodysAddress, o => o with { GracePeriod = TimeSpan.FromMilliseconds(500) });
        await using var registration = edge.Connection.Closed.Register(closed.SetResult);
        var asked = TimeProvider.System.GetTimestamp();

        edge.Connector.Stop();

        await edge.Unregistered.InTime();
        await closed.Task.InTime();
        await edge.Connector.Running.InTime();
        Assert.True(TimeProvider.System.GetElapsedTime(asked) >= TimeSpan.FromMilliseconds(450));
    }
}
