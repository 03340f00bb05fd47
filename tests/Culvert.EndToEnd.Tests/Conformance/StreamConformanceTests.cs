using System.Text;
using Culvert.Ingress.Configuration;
using Culvert.Ingress.Services;
using Culvert.Ingress.Snapshots;
using Culvert.Transports.Headers;
using Culvert.Transports.Streams;

namespace Culvert.EndToEnd.Tests.Conformance;

/// <summary>
/// Streams to TCP origins, private ones and those of rules (http2-and-proxy, section 13.1, C-34, C-35, C-39, C-40).
/// </summary>
public sealed class StreamConformanceTests
{
    private const string Trace = "0123456789abcdef0123456789abcdef:0123456789abcdef:0:1";

    [Theory, ClassData(typeof(EveryTransport))]
    public async Task C34_Private_stream_is_acknowledged_and_carries_bytes_both_ways(string transport)
    {
        await using var origin = RawOrigin.Start(async peer => await peer.WriteAsync("re: " + await peer.ReadAsync(5)));
        await using var edge = await ScriptedEdge.StartAsync(transport, new OriginService.Status(404));
        await using var stream = await edge.OpenAsync(StreamKind.Tcp, host: origin.Address.Authority);
        await stream.ReadHeadAsync(default).InTime();
        await stream.Output.WriteAsync("hello"u8.ToArray());

        using var reader = new StreamReader(stream.Input.AsStream(), Encoding.Latin1);
        Assert.Equal("re: hello", await reader.ReadToEndAsync().InTime());
    }

    [Theory, ClassData(typeof(EveryTransport))]
    public async Task C35_Private_stream_beyond_the_limit_is_refused_as_such_until_the_limit_is_raised(string transport)
    {
        await using var origin = RawOrigin.Start(peer => peer.ReadToEndAsync());
        await using var edge = await ScriptedEdge.StartAsync(
            transport, new OriginService.Status(404), o => o with { WarpRouting = new WarpRouting { MaxActiveFlows = 1 } });
        await using var first = await edge.OpenAsync(StreamKind.Tcp, host: origin.Address.Authority);
        Assert.Equal(ResponseSource.Origin, (await first.ReadHeadAsync(default).InTime()).Source);

        await using var second = await edge.OpenAsync(StreamKind.Tcp, host: origin.Address.Authority);
        Assert.Equal(ResponseSource.FlowLimited, (await second.ReadHeadAsync(default).InTime()).Source);
        var metrics = await MetricsAsync(edge);
        Assert.Contains("flow_client_registrations_rate_limited_total{flow_type=\"tcp\"} 1", metrics);
        Assert.Contains("cloudflared_tunnel_request_errors 0", metrics);

        edge.Connector.Connector.Flows.Limit = 0;
        await using var third = await edge.OpenAsync(StreamKind.Tcp, host: origin.Address.Authority);
        Assert.Equal(ResponseSource.Origin, (await third.ReadHeadAsync(default).InTime()).Source);
    }

    [Theory, ClassData(typeof(EveryTransport))]
    public async Task C39_Stream_of_a_rule_returns_the_span_of_its_dial(string transport)
    {
        await using var origin = RawOrigin.Start(peer => peer.ReadToEndAsync());
        var service = new OriginService.Tcp("tcp", origin.Address.Host, origin.Address.Port);
        var spans = Encoding.Latin1.GetString(Convert.FromBase64String(
            transport == "quic" ? await SpansAsync(service) : await SpansInFramesAsync(service)));

        Assert.Contains("ingress_match", spans, StringComparison.Ordinal);
        Assert.Contains("stream-connect", spans, StringComparison.Ordinal);
        Assert.DoesNotContain("ttfb_origin", spans, StringComparison.Ordinal);
    }

    [Theory, ClassData(typeof(EveryTransport))]
    public async Task C40_Streams_are_counted_as_connected_or_not(string transport)
    {
        await using var origin = RawOrigin.Start(peer => peer.ReadToEndAsync());
        await using var edge = await ScriptedEdge.StartAsync(
            transport, new OriginService.Tcp("tcp", "127.0.0.1", RawOrigin.NobodysAddress.Port));
        await using var connected = await edge.OpenAsync(StreamKind.Tcp, host: origin.Address.Authority);
        await connected.ReadHeadAsync(default).InTime();
        await using var refused = await edge.OpenAsync(StreamKind.WebSocket);
        Assert.Equal(ResponseSource.Connector, (await refused.ReadHeadAsync(default).InTime()).Source);

        var metrics = await MetricsAsync(edge);
        Assert.Contains("cloudflared_proxy_connect_latency_count 1", metrics);
        Assert.Contains("cloudflared_proxy_connect_streams_errors 1", metrics);
    }

    private static async Task<string> SpansAsync(OriginService service)
    {
        await using var edge = await ScriptedEdge.StartAsync("quic", service);
        await using var stream = await edge.OpenAsync(StreamKind.WebSocket, trace: Trace);
        var head = await stream.ReadHeadAsync(default).InTime();
        Assert.True(head.Headers.TryGet("cf-int-cloudflared-tracing"u8, out var value));
        return Encoding.ASCII.GetString(value);
    }

    private static async Task<string> SpansInFramesAsync(OriginService service)
    {
        await using var edge = await FrameEdge.StartAsync(
            RawOrigin.NobodysAddress, o => o with { Ingress = IngressSnapshot.CatchAll(service) });
        var stream = await edge.OpenAsync(
            end: false, "GET /", ("cf-cloudflared-proxy-connection-upgrade", "websocket"), ("cf-trace-id", Trace));
        var answer = new FrameAnswer();
        answer.Add(await edge.ReadAsync(stream));
        return answer.Field("cf-int-cloudflared-tracing")!;
    }

    private static async Task<string[]> MetricsAsync(ScriptedEdge edge)
    {
        using var text = new MemoryStream();
        await edge.Connector.Connector.Metrics.Registry.CollectAndExportAsTextAsync(text);
        return Encoding.UTF8.GetString(text.ToArray()).Split('\n');
    }
}
