using Culvert.Ingress.Services;
using Culvert.Ingress.Snapshots;

namespace Culvert.EndToEnd.Tests.Streaming;

public sealed class EarlyResponseTests
{
    [Theory, ClassData(typeof(EveryTransport))]
    public async Task Response_of_the_connector_reaches_a_visitor_that_is_still_uploading(string transport)
    {
        await using var tunnel = await Tunnel.StartAsync(
            transport, RawOrigin.NobodysAddress,
            connector: options => options with { Ingress = IngressSnapshot.CatchAll(new OriginService.Status(413)) });
        await using var visitor = await tunnel.SendAsync("POST /", "Content-Length: 1000000\n", "the first bytes");
        Assert.StartsWith("HTTP/1.1 413 ", await visitor.ReadHeadAsync(), StringComparison.Ordinal);
        await Deadline.UntilAsync(() => tunnel.Connections[0].OpenStreams == 0, "the stream was counted out");
    }

    [Theory, ClassData(typeof(EveryTransport))]
    public async Task Response_of_the_origin_reaches_a_visitor_that_is_still_uploading(string transport)
    {
        await using var origin = RawOrigin.Start(async peer =>
        {
            await peer.ReadHeadAsync();
            await peer.WriteAsync("HTTP/1.1 413 Content Too Large\r\nContent-Length: 8\r\n\r\ntoo much");
            await peer.ReadToEndAsync();
        });
        await using var tunnel = await Tunnel.StartAsync(transport, origin.Address);
        await using var visitor = await tunnel.SendAsync("POST /", "Content-Length: 1000000\n", "the first bytes");
        Assert.StartsWith("HTTP/1.1 413 ", await visitor.ReadHeadAsync(), StringComparison.Ordinal);
        Assert.Equal("too much", await visitor.ReadAsync(8));
    }
}
