using System.Buffers.Binary;
using System.Text;
using Culvert.Transports.Registration;

namespace Culvert.EndToEnd.Tests.Conformance;

/// <summary>How a connector speaks HTTP/2 with an edge (http2-and-proxy, section 13.1, C-01 to C-11, C-45 and C-46).</summary>
public sealed class ConnectionConformanceTests
{
    private const string Marker = "cf-cloudflared-proxy-connection-upgrade";
    private const string Ok = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

    [Fact]
    public async Task C01_Dials_with_the_name_of_edges_and_without_ALPN()
    {
        await using var edge = await FrameEdge.AcceptAsync(RawOrigin.NobodysAddress);

        Assert.Contains("TLS name h2.cftunnel.com ALPN '' Tls13", edge.Connector.Log.Lines);
    }

    [Fact]
    public async Task C02_C03_Settings_come_unasked_and_allow_16384_streams_and_what_edges_rely_on()
    {
        await using var edge = await FrameEdge.AcceptAsync(RawOrigin.NobodysAddress);
        var first = await edge.ReadFirstAsync();
        var settings = first.Payload.Chunk(6)
            .ToDictionary(s => BinaryPrimitives.ReadUInt16BigEndian(s), s => BinaryPrimitives.ReadUInt32BigEndian(s.AsSpan(2)));

        Assert.Equal((FrameType.Settings, (byte)0), (first.Type, first.Flags));
        Assert.Equal(16384u, settings[0x3]);
        Assert.True(settings.GetValueOrDefault((ushort)0x5, 16384u) >= 16384, "frame");
        Assert.True(settings[0x6] >= 1024 * 1024, "header list");
        Assert.Equal(0u, settings.GetValueOrDefault((ushort)0x8));
    }

    [Theory]
    [InlineData("GET / HTTP/1.1\r\nHost: connector\r\n\r\n")]
    [InlineData("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\u0001\u0005\0\0\0\u0001")]
    public async Task C04_What_is_no_preface_and_settings_ends_the_connection(string bytes)
    {
        await using var edge = await FrameEdge.AcceptAsync(RawOrigin.NobodysAddress);
        await edge.WriteRawAsync(Encoding.Latin1.GetBytes(bytes));

        await edge.Connector.Log.WaitForAsync("Lost connection with the edge");
    }

    [Fact]
    public async Task C05_Ping_is_answered_with_its_bytes()
    {
        await using var edge = await FrameEdge.StartAsync(RawOrigin.NobodysAddress);
        await edge.WriteAsync(new Frame(FrameType.Ping, 0, 0, "12345678"u8.ToArray()));
        var pong = await edge.ReadAsync(0);
        while (pong.Type != FrameType.Ping)
        {
            pong = await edge.ReadAsync(0);
        }

        Assert.Equal("12345678"u8.ToArray(), pong.Payload);
        Assert.Equal(FrameFlags.Ack, pong.Flags);
    }

    [Fact]
    public async Task C05_Special_streams_need_no_certain_method_or_path()
    {
        await using var edge = await FrameEdge.StartAsync(RawOrigin.NobodysAddress);
        var stream = await edge.OpenAsync(end: false, "PATCH /some/where", (Marker, "update-configuration"));
        await edge.WriteAsync(new Frame(FrameType.Data, FrameFlags.EndStream, stream, "{}"u8.ToArray()));

        Assert.Contains("lastAppliedVersion", (await edge.AnswerAsync(stream)).Body, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("update-configuration", "tcp", "configuration")]
    [InlineData("websocket", "tcp", "websocket")]
    [InlineData("control-stream", "tcp", "tcp")]
    [InlineData("WebSocket", null, "http")]
    [InlineData("other", null, "http")]
    [InlineData(null, null, "http")]
    public async Task C06_Streams_are_sorted_by_exact_values_in_order(string? marker, string? source, string kind)
    {
        await using var origin = RawOrigin.Start(async peer =>
        {
            var upgrade = (await peer.ReadHeadAsync()).Contains("Upgrade: websocket", StringComparison.Ordinal);
            await peer.WriteAsync($"HTTP/1.1 200 OK\r\nX-Kind: {(upgrade ? "websocket" : "http")}\r\nContent-Length: 0\r\n\r\n");
        });
        await using var edge = await FrameEdge.StartAsync(origin.Address);
        var fields = new List<(string, string)>();
        if (marker is not null)
        {
            fields.AddRange([(Marker, marker), (Marker, "control-stream")]);
        }

        if (source is not null)
        {
            fields.Add(("cf-cloudflared-proxy-src", source));
        }

        var stream = await edge.OpenAsync(end: false, "GET /", [.. fields]);
        await edge.WriteAsync(new Frame(FrameType.Data, FrameFlags.EndStream, stream, "{}"u8.ToArray()));
        var answer = await edge.AnswerAsync(stream);

        Assert.Equal(kind, KindOf(answer));
    }

    [Fact]
    public async Task C07_Control_stream_is_200_without_control_headers_and_its_first_message_is_the_bootstrap()
    {
        await using var edge = await FrameEdge.StartAsync(RawOrigin.NobodysAddress);
        var answer = new FrameAnswer();
        answer.Add(await edge.ReadAsync(1));
        var first = await edge.ReadAsync(1);

        Assert.Equal("200", answer.Status);
        Assert.DoesNotContain(answer.Head, field => field.Name.StartsWith("cf-", StringComparison.Ordinal));
        Assert.Equal(
            "0000000005000000000000000100010008000000000000000000000001000100",
            Convert.ToHexStringLower(first.Payload)[..64]);
    }

    [Fact]
    public async Task C08_Local_configuration_is_sent_by_connection_0_of_a_tunnel_that_is_not_managed_remotely()
    {
        await using var edge = await FrameEdge.StartAsync(RawOrigin.NobodysAddress);

        Assert.Contains("\"ingress\"", await edge.Configurations.Reader.ReadAsync().InTime(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task C08_Local_configuration_is_not_sent_when_the_tunnel_is_managed_remotely()
    {
        await using var edge = await FrameEdge.StartAsync(RawOrigin.NobodysAddress, isRemotelyManaged: true);

        edge.Connector.Stop();
        await edge.Unregistered.InTime();
        Assert.False(edge.Configurations.Reader.TryRead(out _));
    }

    [Fact]
    public async Task C09_Duplicate_connection_is_said_so_and_tried_again()
    {
        await using var edge = await FrameEdge.AcceptAsync(
            RawOrigin.NobodysAddress,
            answer: () => new RegistrationError(RegistrationError.Duplicate, TimeSpan.Zero, ShouldRetry: false));
        await edge.BeginAsync([]);
        await edge.OpenControlStreamAsync(1);

        await edge.Connector.Log.WaitForAsync("already connected to this server, trying another address");
        await edge.Connector.Log.WaitForAsync("Retrying connection");
    }

    [Fact]
    public async Task C09_Final_refusal_of_the_first_connection_ends_the_connector()
    {
        await using var edge = await FrameEdge.AcceptAsync(
            RawOrigin.NobodysAddress, answer: () => new RegistrationError("no such tunnel", TimeSpan.Zero, ShouldRetry: false));
        await edge.BeginAsync([]);
        await edge.OpenControlStreamAsync(1);

        var error = await Assert.ThrowsAsync<Connector.Registration.RegistrationRefusedException>(
            () => edge.Connector.Running.InTime());
        Assert.Equal("no such tunnel", error.Message);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task C10_Requests_are_served_when_the_edge_has_ended_its_control_stream(bool reset)
    {
        await using var origin = RawOrigin.Answering(Ok);
        // A tunnel that is managed remotely has nothing more to say after its registration.
        await using var edge = await FrameEdge.StartAsync(origin.Address, isRemotelyManaged: true);

        await edge.WriteAsync(reset
            ? new Frame(FrameType.ResetStream, 0, 1, [0, 0, 0, 8]) : new Frame(FrameType.Data, FrameFlags.EndStream, 1, []));

        Assert.Equal("ok", (await edge.AskAsync()).Body);
        Assert.Equal("ok", (await edge.AskAsync()).Body);
    }

    [Theory]
    [InlineData("{\"version\":1,\"config\":{}}", "200")]
    [InlineData("not json", "502")]
    [InlineData("", "502")]
    [InlineData("{\"version\":\"one\"}", "502")]
    public async Task C11_Configuration_is_answered_with_its_version_and_malformed_envelopes_with_502(string body, string status)
    {
        await using var edge = await FrameEdge.StartAsync(RawOrigin.NobodysAddress);
        var stream = await edge.OpenAsync(end: false, "PUT /", (Marker, "update-configuration"));
        await edge.WriteAsync(new Frame(FrameType.Data, FrameFlags.EndStream, stream, Encoding.UTF8.GetBytes(body)));
        var answer = await edge.AnswerAsync(stream);

        Assert.Equal(status, answer.Status);
        if (status == "200")
        {
            Assert.StartsWith("{\"lastAppliedVersion\":", answer.Body, StringComparison.Ordinal);
            Assert.Contains(",\"err\":", answer.Body, StringComparison.Ordinal);
            Assert.DoesNotContain(answer.Head, field => field.Name.StartsWith("cf-", StringComparison.Ordinal));
        }
        else
        {
            Assert.Equal(("", """{"src":"cloudflared"}"""), (answer.Body, answer.Field("cf-cloudflared-response-meta")));
        }
    }

    [Fact]
    public async Task C45_Small_windows_padding_priority_and_continuation_are_understood()
    {
        await using var origin = RawOrigin.Start(async peer =>
        {
            var body = await peer.ReadHeadAsync() is var head
                && head.Contains("Content-Length: 5", StringComparison.OrdinalIgnoreCase)
                ? await peer.ReadAsync(5) : head;
            await peer.WriteAsync($"HTTP/1.1 200 OK\r\nContent-Length: {body.Length}\r\n\r\n{body}");
        });

        // A window of one byte for each stream, no push, a table of size 0.
        await using var edge = await FrameEdge.StartAsync(
            origin.Address, settings: FrameCodec.Settings((1, 0), (2, 0), (4, 1), (0x99, 7)));
        var stream = 101;
        var block = FrameCodec.Encode(
            (":method", "POST"), (":scheme", "https"), (":path", "/"), (":authority", "demo.example"), ("content-length", "5"));
        await edge.WriteAsync(new Frame(FrameType.Priority, 0, stream, [0, 0, 0, 0, 15]));
        await edge.WriteAsync(new Frame(FrameType.Headers, FrameFlags.Padded, stream, [3, .. block[..10], 0, 0, 0]));
        await edge.WriteAsync(new Frame(FrameType.Continuation, 0, stream, block[10..20]));
        await edge.WriteAsync(new Frame(FrameType.Continuation, FrameFlags.EndHeaders, stream, block[20..]));
        await edge.WriteAsync(
            new Frame(FrameType.Data, FrameFlags.Padded | FrameFlags.EndStream, stream, [2, .. "hello"u8, 0, 0]));

        var answer = new FrameAnswer();
        var last = false;
        while (!last)
        {
            var frame = await edge.ReadAsync(stream);
            last = answer.Add(frame);
            Assert.True(frame.Type != FrameType.Data || frame.Payload.Length <= 1);
            if (frame.Type == FrameType.Data)
            {
                await edge.WriteAsync(new Frame(FrameType.WindowUpdate, 0, stream, [0, 0, 0, 1]));
            }
        }

        Assert.Equal(("200", "hello"), (answer.Status, answer.Body));
    }

    [Fact]
    public async Task C46_Second_control_stream_does_not_break_the_connector()
    {
        await using var origin = RawOrigin.Answering(Ok);
        await using var edge = await FrameEdge.StartAsync(origin.Address);
        var second = await edge.OpenAsync(end: false, "GET /", (Marker, "control-stream"));
        var answer = new FrameAnswer();
        answer.Add(await edge.ReadAsync(second));

        Assert.Equal("200", answer.Status);
        Assert.Equal("ok", (await edge.AskAsync()).Body);
    }

    // There is no host for a private TCP stream, so that is refused before any origin is asked.
    private static string KindOf(FrameAnswer answer) =>
        answer.Body.Contains("lastAppliedVersion", StringComparison.Ordinal) ? "configuration"
        : answer is { Status: "502", Serialized: null } ? "tcp"
        : answer.Serialized?.FirstOrDefault(h => h.StartsWith("X-Kind: ", StringComparison.Ordinal))?["X-Kind: ".Length..]
            ?? "unknown";
}
