using Culvert.Connector;
using Culvert.Connector.Supervision;

namespace Culvert.EndToEnd.Tests.Lifecycle;

/// <summary>What <c>--protocol auto</c> ends up with.</summary>
public sealed class ProtocolChoiceTests
{
    private const string Answer = "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nserved";

    [QuicFact]
    public async Task Auto_takes_quic_where_it_works()
    {
        await using var origin = RawOrigin.Answering(Answer);
        await using var tunnel = await Tunnel.StartAsync("http2", origin.Address, connector: Auto);
        Assert.Equal("quic", Assert.Single(tunnel.Connections).Protocol);
        Assert.Equal("served", await tunnel.Visitor.GetStringAsync("/"));
    }

    [QuicFact]
    public async Task Auto_goes_on_with_http2_where_nobody_answers_udp()
    {
        await using var origin = RawOrigin.Answering(Answer);
        await using var tunnel = await Tunnel.StartAsync(
            "http2", origin.Address, edge: o => o with { AcceptQuic = false }, connector: Auto);
        Assert.Equal("http2", Assert.Single(tunnel.Connections).Protocol);
        Assert.Equal("served", await tunnel.Visitor.GetStringAsync("/"));
    }

    private static ConnectorOptions Auto(ConnectorOptions options) => options with
    {
        Protocol = TunnelProtocol.Auto,
        Quic = options.Quic with { HandshakeIdleTimeout = TimeSpan.FromMilliseconds(500) },
    };
}
