using System.Text;
using Culvert.Engine.Origins;
using Culvert.Engine.Origins.Tcp;
using Culvert.Engine.Tests.Fixtures;
using Culvert.Ingress.OriginRequests;
using Culvert.Tests.Fixtures;
using Culvert.Transports.Streams;

namespace Culvert.Engine.Tests.Origins.Tcp;

/// <summary>TCP inside WebSocket (http2-and-proxy, sections 4.7 and 6.3).</summary>
public sealed class TcpServiceOriginTests : IDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(20);

    private readonly RawOrigin _server = new();
    private readonly FakeTime _time = new();

    [Fact]
    public async Task C32_ack_has_the_three_websocket_fields_when_a_key_was_sent()
    {
        using var stream = CreateStream();
        stream.Request.Headers.Add("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ==");
        var (serving, connection) = await BeginAsync(stream);
        using (connection)
        {
            Assert.Equal(
                ["101", "Connection: Upgrade", "Sec-Websocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=", "Upgrade: websocket"],
                stream.Head!);
        }

        await serving.WaitAsync(Limit);
    }

    [Theory]
    [InlineData(StreamKind.WebSocket, "101")]
    [InlineData(StreamKind.Http, "200")]
    public async Task C32_ack_has_no_field_without_a_key(StreamKind kind, string status)
    {
        using var stream = CreateStream(kind);
        var (serving, connection) = await BeginAsync(stream);
        using (connection)
        {
            Assert.Equal([status], stream.Head!);
        }

        await serving.WaitAsync(Limit);
    }

    [Fact]
    public async Task G08_bytes_travel_in_binary_messages_and_the_origins_end_ends_the_stream_without_a_close_frame()
    {
        using var stream = CreateStream();
        var (serving, connection) = await BeginAsync(stream);
        using (connection)
        {
            await stream.Body.WriteAsync(ClientFrames.Binary("ping!"));
            await connection.ReadUntilAsync("ping!");
            await connection.WriteAsync("hello");
            Assert.Equal("\u0082\u0005hello", await stream.ReadAsync(7));
        }

        await serving.WaitAsync(Limit);
        Assert.Equal("", await stream.ReadToEndAsync());
    }

    [Fact]
    public async Task Message_above_sixteen_kilobytes_arrives_whole_in_both_directions()
    {
        var big = string.Concat(Enumerable.Range(0, 10_000).Select(i => $"{i:D10}"));
        using var stream = CreateStream();
        var (serving, connection) = await BeginAsync(stream);
        using (connection)
        {
            var writing = stream.Body.WriteAsync(ClientFrames.Binary(big + "!")).AsTask();
            Assert.Equal(big + "!", await connection.ReadAllUntilAsync("!", big.Length + 1));
            await writing;
            await connection.WriteAsync(big);
        }

        await serving.WaitAsync(Limit);
        Assert.Equal(big, Unframe(Encoding.Latin1.GetBytes(await stream.ReadToEndAsync())));
    }

    [Fact]
    public async Task Ping_is_answered_between_fragments_and_pong_is_ignored()
    {
        using var stream = CreateStream();
        var (serving, connection) = await BeginAsync(stream);
        using (connection)
        {
            await stream.Body.WriteAsync(ClientFrames.Binary("ab", final: false));
            await stream.Body.WriteAsync(ClientFrames.Create(9, "x"u8));
            await stream.Body.WriteAsync(ClientFrames.Create(10, "y"u8));
            await stream.Body.WriteAsync(ClientFrames.More("cd", final: true));
            Assert.Equal("\u008a\u0001x", await stream.ReadAsync(3));
            await connection.ReadUntilAsync("abcd");
        }

        await serving.WaitAsync(Limit);
    }

    [Fact]
    public async Task Empty_ping_leaves_every_54_seconds()
    {
        using var stream = CreateStream();
        var (serving, connection) = await BeginAsync(stream);
        using (connection)
        {
            await _time.WaitBegunAsync(TimeSpan.FromSeconds(54));
            _time.Advance(TimeSpan.FromSeconds(54));
            Assert.Equal("\u0089\0", await stream.ReadAsync(2));
        }

        await serving.WaitAsync(Limit);
    }

    [Theory]
    [InlineData("03E8", "880203E8")]
    [InlineData("03E8627965", "880203E8")]
    [InlineData("", "8800")]
    [InlineData("0FA0", "88020FA0")]
    public async Task Close_is_echoed_with_its_status_and_ends_the_stream(string payload, string echo)
    {
        using var stream = CreateStream();
        var (serving, connection) = await BeginAsync(stream);
        using (connection)
        {
            await stream.Body.WriteAsync(ClientFrames.Binary("last"));
            await stream.Body.WriteAsync(ClientFrames.Create(8, Convert.FromHexString(payload)));
            await serving.WaitAsync(Limit);
            await connection.ReadUntilAsync("last");
            await connection.ClosedAsync();
        }

        Assert.Equal(echo, Convert.ToHexString(Encoding.Latin1.GetBytes(await stream.ReadToEndAsync())));
    }

    [Theory]
    [InlineData("8205")]
    [InlineData("F280")]
    [InlineData("8380")]
    [InlineData("888100000000AA")]
    public async Task Broken_frame_is_closed_with_1002(string hex)
    {
        using var stream = CreateStream();
        var (serving, connection) = await BeginAsync(stream);
        using (connection)
        {
            await stream.Body.WriteAsync(Convert.FromHexString(hex));
            await serving.WaitAsync(Limit);
            await connection.ClosedAsync();
        }

        var answer = Encoding.Latin1.GetBytes(await stream.ReadToEndAsync());
        Assert.Equal((0x88, 0x03, 0xEA), (answer[0], answer[2], answer[3]));
    }

    [Fact]
    public async Task Visitors_end_closes_the_origin()
    {
        using var stream = CreateStream();
        var (serving, connection) = await BeginAsync(stream);
        using (connection)
        {
            await stream.Body.CompleteAsync();
            await connection.ClosedAsync();
        }

        await serving.WaitAsync(Limit);
    }

    [Fact]
    public async Task G05_port_that_refuses_is_a_failure_with_the_dialers_text()
    {
        var destination = $"127.0.0.1:{_server.Address.Port}";
        _server.Dispose();
        await using var origin = new TcpServiceOrigin(destination);
        using var stream = CreateStream();

        var error = await Assert.ThrowsAsync<OriginException>(() => origin.ServeAsync(stream, default).AsTask());
        Assert.Equal($"dial tcp {destination}: connect: connection refused", error.Message);
        Assert.False(stream.HeadSent);
    }

    [Fact]
    public async Task G10_origins_that_end_while_pings_are_due_end_their_streams()
    {
        var streams = Enumerable.Range(0, 50).Select(_ => CreateStream()).ToArray();
        var all = Task.WhenAll(streams.Select(async stream =>
        {
            var origin = new TcpServiceOrigin($"127.0.0.1:{_server.Address.Port}", time: _time);
            await origin.ServeAsync(stream, default);
        }));
        var connections = new List<RawOrigin.Connection>();
        foreach (var stream in streams)
        {
            connections.Add(await _server.AcceptAsync());
        }

        // Dialling has a time limit of the same clock: it has to be over.
        await Task.WhenAll(streams.Select(stream => stream.HeadCame));
        foreach (var connection in connections)
        {
            connection.Dispose();
            _time.Advance(TimeSpan.FromSeconds(54));
        }

        await all.WaitAsync(Limit);
        foreach (var stream in streams)
        {
            Assert.Equal("", (await stream.ReadToEndAsync()).Replace("\u0089\0", "", StringComparison.Ordinal));
            stream.Dispose();
        }
    }

    [Fact]
    public async Task Socks_handshake_is_answered_and_the_configured_origin_is_used()
    {
        using var stream = CreateStream();
        var (serving, connection) = await BeginAsync(stream, OriginRequest.Default with { ProxyType = "socks" });
        using (connection)
        {
            await stream.Body.WriteAsync(ClientFrames.Binary("\x5\x1\0"));
            Assert.Equal("\u0082\u0002\x5\0", await stream.ReadAsync(4));
            await stream.Body.WriteAsync(ClientFrames.Binary("\x5\x1\0\x3\x7other.x\0\x50hello"));
            Assert.StartsWith("\u0082\u000a\x5\0\0\x1\u007f\0\0\x1", await stream.ReadAsync(12));
            await connection.ReadUntilAsync("hello");
        }

        await serving.WaitAsync(Limit);
    }

    public void Dispose() => _server.Dispose();

    private static FakeEdgeStream CreateStream(StreamKind kind = StreamKind.WebSocket)
    {
        var stream = new FakeEdgeStream();
        stream.Request.Kind = kind;
        return stream;
    }

    private static string Unframe(byte[] bytes)
    {
        var text = new StringBuilder();
        for (var i = 0; i < bytes.Length;)
        {
            Assert.Equal(0x82, bytes[i]);
            Assert.InRange(bytes[i + 1], 0, 126);
            var (start, length) = bytes[i + 1] < 126 ? (i + 2, bytes[i + 1]) : (i + 4, (bytes[i + 2] << 8) | bytes[i + 3]);
            Assert.InRange(length, 1, 16384);
            text.Append(Encoding.Latin1.GetString(bytes, start, length));
            i = start + length;
        }

        return text.ToString();
    }

    private async Task<(Task Serving, RawOrigin.Connection Connection)> BeginAsync(
        FakeEdgeStream stream, OriginRequest? settings = null)
    {
        var origin = new TcpServiceOrigin(
            $"127.0.0.1:{_server.Address.Port}", settings, time: _time);
        var serving = origin.ServeAsync(stream, default).AsTask();
        var connection = await _server.AcceptAsync();
        await stream.HeadCame;
        return (serving, connection);
    }
}
