using Culvert.Connector;
using Culvert.Transports.Quic.Providers;
using Microsoft.AspNetCore.Http;

namespace Culvert.EndToEnd.Tests.Lifecycle;

/// <summary>What <c>--protocol auto</c> ends up with.</summary>
public sealed class ProtocolChoiceTests
{
    private const string Answer = "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nserved";

    [QuicFact]
    public async Task Auto_takes_quic_where_it_works()
    {
        await using var origin = RawOrigin.Answering(Answer);
        await using var tunnel = await Tunnel.StartAsync("auto", origin.Address);
        Assert.Equal("quic", Assert.Single(tunnel.Connections).Protocol);
        Assert.Equal("served", await tunnel.Visitor.GetStringAsync("/"));
    }

    [QuicFact]
    public async Task Auto_goes_on_with_http2_where_nobody_answers_udp()
    {
        await using var origin = RawOrigin.Answering(Answer);
        await using var tunnel = await Tunnel.StartAsync(
            "auto", origin.Address, edge: o => o with { AcceptQuic = false }, connector: GivesUpSoon);
        Assert.Equal("http2", Assert.Single(tunnel.Connections).Protocol);
        Assert.Equal("served", await tunnel.Visitor.GetStringAsync("/"));
    }

    [PlatformQuicTheory]
    [InlineData(QuicProvider.MsQuic, QuicProvider.MsQuic)]
    [InlineData(QuicProvider.MsQuic, QuicProvider.Ngtcp2)]
    [InlineData(QuicProvider.Ngtcp2, QuicProvider.MsQuic)]
    public async Task Either_provider_carries_a_tunnel_to_either(QuicProvider edge, QuicProvider connector)
    {
        await using var origin = await WebOrigin.StartAsync(async context =>
            await context.Response.WriteAsync($"got {await new StreamReader(context.Request.Body).ReadToEndAsync()}"));
        await using var tunnel = await Tunnel.StartAsync(
            "quic", origin.Address, edge: o => o with { QuicProvider = edge },
            connector: o => o with { QuicProvider = connector });
        using var body = new StringContent("this");
        using var response = await tunnel.Visitor.PostAsync("/", body);
        Assert.Equal("got this", await response.Content.ReadAsStringAsync());
    }

    private static ConnectorOptions GivesUpSoon(ConnectorOptions options) => options with
    {
        Quic = options.Quic with { HandshakeIdleTimeout = TimeSpan.FromMilliseconds(500) },
    };
}
