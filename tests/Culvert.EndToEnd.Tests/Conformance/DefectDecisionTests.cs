using System.Text;
using Culvert.Ingress.Services;
using Culvert.Transports.Streams;

namespace Culvert.EndToEnd.Tests.Conformance;

/// <summary>
/// What was decided about the original's defects, by their numbers (http2-and-proxy, section 14.1; the decisions are in
/// docs/compatibility.md). Those that the conformance tests show already are not repeated.
/// </summary>
public sealed class DefectDecisionTests
{
    private const string Ok = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
    private const string Marker = "cf-cloudflared-proxy-connection-upgrade";
    private const uint ProtocolError = 1;

    [Theory, ClassData(typeof(EveryTransport))]
    public async Task D03_Empty_post_reaches_the_origin_with_length_zero(string transport)
    {
        var head = new TaskCompletionSource<string>();
        await using var origin = RawOrigin.Start(async peer =>
        {
            head.TrySetResult(await peer.ReadHeadAsync());
            await peer.WriteAsync(Ok);
        });
        await using var edge = await ScriptedEdge.StartAsync(transport, origin.Address);
        await edge.AskAsync("POST /");

        Assert.Contains("\r\nContent-Length: 0\r\n", await head.Task.InTime(), StringComparison.Ordinal);
        Assert.DoesNotContain("Transfer-Encoding", await head.Task, StringComparison.OrdinalIgnoreCase);
    }

    [Theory, ClassData(typeof(EveryTransport))]
    public async Task D04_Get_on_a_kept_connection_that_died_is_sent_once_more(string transport)
    {
        var requests = 0;
        await using var origin = RawOrigin.Start(async peer =>
        {
            await peer.ReadHeadAsync();
            Interlocked.Increment(ref requests);
            await peer.WriteAsync(Ok);

            // The second request of each connection is read and never answered.
            await peer.ReadHeadAsync();
        });
        await using var edge = await ScriptedEdge.StartAsync(transport, origin.Address);

        Assert.Equal("ok", (await edge.AskAsync()).Body);
        Assert.Equal("ok", (await edge.AskAsync()).Body);
        Assert.Equal((2, 2), (requests, origin.Connections));
    }

    [Fact]
    public async Task D08_Refused_configuration_is_answered_with_the_reason()
    {
        await using var edge = await FrameEdge.StartAsync(RawOrigin.NobodysAddress);
        var stream = await edge.OpenAsync(end: false, "PUT /", (Marker, "update-configuration"));
        await edge.WriteAsync(new Frame(
            FrameType.Data, FrameFlags.EndStream, stream,
            "{\"version\":1,\"config\":{\"ingress\":[{\"service\":\"nonsense:\"}]}}"u8.ToArray()));

        Assert.Matches("^\\{\"lastAppliedVersion\":-1,\"err\":\"[^\"]+.*\"\\}$", (await edge.AnswerAsync(stream)).Body);
    }

    [Theory]
    [InlineData("http2", 100)]
    [InlineData("http2", 101)]
    [InlineData("http2", 199)]
    [InlineData("quic", 100)]
    [InlineData("quic", 101)]
    public async Task D13_Fixed_status_that_cannot_end_a_request_is_200(string transport, int status)
    {
        if (transport == "quic" && !Transports.Quic.QuicRuntime.IsSupported(out _))
        {
            return;
        }

        await using var edge = await ScriptedEdge.StartAsync(transport, new OriginService.Status(status));

        Assert.Equal(200, (await edge.AskAsync()).Status);
    }

    [Theory, ClassData(typeof(EveryTransport))]
    public async Task D15_Rules_see_a_path_that_the_origin_gets_as_it_was(string transport)
    {
        var head = new TaskCompletionSource<string>();
        await using var origin = RawOrigin.Start(async peer =>
        {
            head.TrySetResult(await peer.ReadHeadAsync());
            await peer.WriteAsync(Ok);
        });
        await using var edge = await ScriptedEdge.StartAsync(transport, origin.Address);
        await edge.AskAsync("GET /public/..%2fadmin");

        Assert.StartsWith("GET /public/..%2fadmin HTTP/1.1\r\n", await head.Task.InTime(), StringComparison.Ordinal);
    }

    [Theory, ClassData(typeof(EveryTransport))]
    public async Task D19_Clean_stop_logs_no_error(string transport)
    {
        await using var origin = RawOrigin.Answering(Ok);
        await using var edge = await ScriptedEdge.StartAsync(transport, origin.Address);
        await edge.AskAsync();
        var before = edge.Connector.Log.Lines.Count;
        edge.Connector.Stop();
        await edge.Unregistered.InTime();
        await edge.Connector.Log.WaitForAsync("Unregistered tunnel connection");
        await edge.Connection.DisposeAsync();
        await edge.Connector.Running.InTime();

        Assert.DoesNotContain(
            edge.Connector.Log.Lines.Skip(before),
            line => line.StartsWith("Error", StringComparison.Ordinal) || line.StartsWith("Warning", StringComparison.Ordinal));
    }

    [Theory, ClassData(typeof(EveryTransport))]
    public async Task D07_End_of_either_direction_of_a_WebSocket_ends_both(string transport)
    {
        var closed = new TaskCompletionSource();
        await using var origin = RawOrigin.Start(async peer =>
        {
            await peer.ReadHeadAsync();
            await peer.WriteAsync("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n");
            await peer.ReadToEndAsync();
            closed.TrySetResult();
        });
        await using var edge = await ScriptedEdge.StartAsync(transport, origin.Address);
        await using var stream = await edge.OpenAsync(StreamKind.WebSocket);
        await stream.ReadHeadAsync(default).InTime();

        await stream.Output.CompleteAsync();

        await closed.Task.InTime();
        using var rest = new StreamReader(stream.Input.AsStream(), Encoding.Latin1);
        Assert.Empty(await rest.ReadToEndAsync().InTime());
    }

    [Fact]
    public async Task D21_Connection_header_that_HTTP2_forbids_is_a_protocol_error()
    {
        await using var origin = RawOrigin.Answering(Ok);
        await using var edge = await FrameEdge.StartAsync(origin.Address);
        await edge.OpenAsync(end: true, "GET /", ("connection", "close"));
        Frame frame;
        do
        {
            frame = await edge.ReadAsync(0);
        }
        while (frame.Type != FrameType.GoAway);

        Assert.Equal(ProtocolError, System.Buffers.Binary.BinaryPrimitives.ReadUInt32BigEndian(frame.Payload.AsSpan(4)));
        Assert.Equal(0, origin.Connections);
    }
}
