using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Text;
using Culvert.Tests.Fixtures;
using Culvert.Transports.Configuration;
using Culvert.Transports.Connections;
using Culvert.Transports.Headers;
using Culvert.Transports.Http2.ConnectorRole;
using Culvert.Transports.Http2.EdgeRole;
using Culvert.Transports.Http2.Tests.Fixtures;
using Culvert.Transports.Streams;
using Culvert.Transports.Tls;

namespace Culvert.Transports.Http2.Tests.EdgeRole;

/// <summary>Both roles against each other over loopback TLS.</summary>
public sealed class Http2ConnectorConnectionTests : IAsyncLifetime
{
    private readonly FakeTime _time = new();
    private readonly FakeHandler _handler = new();
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly Http2EdgeDialer _dialer = new(EdgeTrust.Only(Dialled.Certificate));
    private readonly RequestHead _head = new();
    private readonly SslStreamCertificateContext _certificate =
        SslStreamCertificateContext.Create(Dialled.Certificate, null, offline: true);

    public Task InitializeAsync()
    {
        _listener.Start();
        _head.SetLine("GET", "demo.example", "/");
        return Task.CompletedTask;
    }

    [Fact]
    public async Task Handshake_that_does_not_come_is_given_up_after_10_seconds()
    {
        using var silent = new TcpClient();
        await silent.ConnectAsync((IPEndPoint)_listener.LocalEndpoint);
        var accepting = Http2ConnectorConnection.AcceptAsync(await _listener.AcceptSocketAsync(), _certificate, _time, default);
        await _time.WaitBegunAsync(TimeSpan.FromSeconds(10));
        Assert.False(accepting.IsCompleted);
        _time.Advance(TimeSpan.FromSeconds(10));

        await Assert.ThrowsAsync<ConnectorLostException>(() => accepting.WaitAsync(Dialled.Limit));
        Assert.Equal(0, await silent.GetStream().ReadAsync(new byte[1]));
    }

    [Fact]
    public async Task What_is_no_TLS_is_a_lost_connector()
    {
        using var client = new TcpClient();
        await client.ConnectAsync((IPEndPoint)_listener.LocalEndpoint);
        await client.GetStream().WriteAsync("GET / HTTP/1.1\r\n\r\n"u8.ToArray());

        await Assert.ThrowsAsync<ConnectorLostException>(async () => await Http2ConnectorConnection
            .AcceptAsync(await _listener.AcceptSocketAsync(), _certificate, _time, default).WaitAsync(Dialled.Limit));
    }

    [Fact]
    public async Task Control_stream_carries_bytes_both_ways()
    {
        _handler.Control = async (stream, closed) => await PipeCopy.RunAsync(stream.Input, stream.Output, closed);
        await using var link = await ConnectAsync();
        var control = link.Edge.GetControlStreamAsync(default).AsTask();

        // The connector speaks first on a real control stream; its first flush sends the head.
        var stream = await control.WaitAsync(Dialled.Limit);
        await stream.Output.WriteAsync("hello"u8.ToArray());
        var read = await stream.Input.ReadAtLeastAsync(5);
        Assert.Equal("hello", Encoding.ASCII.GetString(read.Buffer));
        stream.Input.AdvanceTo(read.Buffer.End);
    }

    [Fact]
    public async Task Request_and_response_carry_bodies_and_trailers()
    {
        _handler.Request = async stream =>
        {
            using var reader = new StreamReader(stream.Input.AsStream());
            var body = await reader.ReadToEndAsync();
            var head = new ResponseHead { Status = 201 };
            head.Headers.Add("X-Echo", $"{stream.Request.ContentLength}");
            stream.SendHead(head);
            await stream.Output.WriteAsync(Encoding.ASCII.GetBytes(body.ToUpperInvariant()));
            stream.AddTrailer("X-T"u8, "end"u8);
        };
        await using var link = await ConnectAsync();
        _head.SetMethod("POST"u8);
        (_head.HasBody, _head.ContentLength) = (true, 5);
        await using var stream = await link.Edge.OpenStreamAsync(_head, default);
        await stream.Output.WriteAsync("hello"u8.ToArray());
        await stream.Output.CompleteAsync();
        var head = await stream.ReadHeadAsync(default);

        Assert.Equal((201, ResponseSource.Origin), (head.Status, head.Source));
        Assert.True(head.Headers.TryGet("x-echo"u8, out var echo));
        Assert.Equal("5"u8, echo);
        using var reader = new StreamReader(stream.Input.AsStream(leaveOpen: true));
        Assert.Equal("HELLO", await reader.ReadToEndAsync());
        Assert.True(stream.Trailers.TryGet("x-t"u8, out var trailer));
        Assert.Equal("end"u8, trailer);
    }

    [Fact]
    public async Task WebSocket_is_switched_and_carries_raw_bytes()
    {
        _handler.Request = async stream =>
        {
            var head = new ResponseHead { Status = 101 };
            head.Headers.Add("Upgrade", "websocket");
            stream.SendHead(head);
            await PipeCopy.RunAsync(stream.Input, stream.Output, stream.Aborted);
        };
        await using var link = await ConnectAsync();
        _head.Kind = StreamKind.WebSocket;
        await using var stream = await link.Edge.OpenStreamAsync(_head, default);
        Assert.Equal(101, (await stream.ReadHeadAsync(default)).Status);
        await stream.Output.WriteAsync(new byte[] { 0, 255 });

        Assert.Equal([0, 255], (await stream.Input.ReadAtLeastAsync(2)).Buffer.FirstSpan.ToArray());
    }

    [Fact]
    public async Task Response_that_is_cut_short_is_not_taken_for_complete()
    {
        _handler.Request = async stream =>
        {
            stream.SendHead(new ResponseHead { Status = 200 });
            await stream.Output.WriteAsync("part"u8.ToArray());
            throw new IOException("the origin is gone");
        };
        await using var link = await ConnectAsync();
        await using var stream = await link.Edge.OpenStreamAsync(_head, default);
        await stream.ReadHeadAsync(default);
        using var reader = new StreamReader(stream.Input.AsStream());

        await Assert.ThrowsAnyAsync<IOException>(() => reader.ReadToEndAsync());
        Assert.False(link.Edge.Closed.IsCancellationRequested);
    }

    [Fact]
    public async Task Abort_cancels_the_connectors_request()
    {
        var (begun, cancelled) = (new TaskCompletionSource(), new TaskCompletionSource());
        _handler.Request = async stream =>
        {
            stream.Aborted.Register(cancelled.SetResult);
            begun.SetResult();
            await cancelled.Task;
        };
        await using var link = await ConnectAsync();
        await using var stream = await link.Edge.OpenStreamAsync(_head, default);
        await begun.Task.WaitAsync(Dialled.Limit);
        stream.Abort();

        await cancelled.Task.WaitAsync(Dialled.Limit);
        await Assert.ThrowsAsync<ConnectorLostException>(() => stream.ReadHeadAsync(default).AsTask());
    }

    [Fact]
    public async Task Configuration_is_applied_or_refused()
    {
        _handler.Configuration = u => u.Version > 1 ? new(u.Version, null) : new(1, "too old");
        await using var link = await ConnectAsync();

        Assert.Equal(
            new(2, null), await link.Edge.UpdateConfigurationAsync(new ConfigurationUpdate(2, "{}"u8.ToArray()), default));
        Assert.Equal(new(1, "too old"), await link.Edge.UpdateConfigurationAsync(new ConfigurationUpdate(0, default), default));
    }

    [Fact]
    public async Task Lost_connector_is_told_and_takes_no_more_requests()
    {
        _handler.Request = stream =>
        {
            stream.SendHead(new ResponseHead { Status = 200 });
            return Task.CompletedTask;
        };
        await using var link = await ConnectAsync();
        await using (var stream = await link.Edge.OpenStreamAsync(_head, default))
        {
            await stream.ReadHeadAsync(default);
        }

        var lost = new TaskCompletionSource();
        await using var told = link.Edge.Closed.Register(lost.SetResult);
        await link.Connector.DisposeAsync();
        await lost.Task.WaitAsync(Dialled.Limit);
        await Assert.ThrowsAsync<ConnectorLostException>(() => link.Edge.OpenStreamAsync(_head, default).AsTask());
    }

    public async Task DisposeAsync()
    {
        _listener.Dispose();
        await _dialer.DisposeAsync();
    }

    private async Task<Link> ConnectAsync()
    {
        var dialling = _dialer.DialAsync((IPEndPoint)_listener.LocalEndpoint, 0, default);
        var edge = await Http2ConnectorConnection.AcceptAsync(await _listener.AcceptSocketAsync(), _certificate, _time, default);
        var connector = await dialling.WaitAsync(Dialled.Limit);
        return new Link(edge, connector, connector.ServeAsync(_handler, default));
    }

    private sealed record Link(Http2ConnectorConnection Edge, EdgeConnection Connector, Task Serving) : IAsyncDisposable
    {
        public async ValueTask DisposeAsync()
        {
            await Edge.DisposeAsync();
            await Connector.DisposeAsync();
            await Serving.WaitAsync(Dialled.Limit);
        }
    }
}
