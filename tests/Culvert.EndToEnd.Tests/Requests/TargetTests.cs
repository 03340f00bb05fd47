namespace Culvert.EndToEnd.Tests.Requests;

public sealed class TargetTests
{
    [Theory, ClassData(typeof(EveryTransport))]
    public async Task Targets_reach_the_origin_byte_for_byte(string transport)
    {
        string[] targets =
        [
            "/", "/p%2Fq//a/../b?x=1&y=%20z", "/%C3%BC%c3%bc", "/a/./b/%2e%2e/c", "/?", "/a?b?c=/d/../e",
            "/plus+and%2Bplus", "//double",
            "/semi;colon=1,2", "/%41%zz", "/q?a[]=1&b={2}&c=|3|", "/tilde~(x)'!*$@:",
        ];
        var seen = new List<string>();
        await using var origin = RawOrigin.Start(async peer =>
        {
            while (true)
            {
                var head = await peer.ReadHeadAsync();
                seen.Add(head[..head.IndexOf('\r', StringComparison.Ordinal)]);
                await peer.WriteAsync("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
            }
        });
        await using var tunnel = await Tunnel.StartAsync(transport, origin.Address);
        await using var visitor = await tunnel.Edge.ConnectVisitorAsync();
        foreach (var target in targets)
        {
            await tunnel.SendAsync(visitor, $"GET {target}");
            Assert.StartsWith("HTTP/1.1 200 ", await visitor.ReadHeadAsync(), StringComparison.Ordinal);
        }

        Assert.Equal(targets.Select(target => $"GET {target} HTTP/1.1"), seen);
    }

    [Theory, ClassData(typeof(EveryTransport))]
    public async Task Absolute_target_reaches_the_origin_as_path_and_query(string transport)
    {
        await using var origin = RawOrigin.Start(async peer =>
        {
            var head = await peer.ReadHeadAsync();
            var line = head[..head.IndexOf('\r', StringComparison.Ordinal)];
            await peer.WriteAsync($"HTTP/1.1 200 OK\r\nContent-Length: {line.Length}\r\n\r\n{line}");
        });
        await using var tunnel = await Tunnel.StartAsync(transport, origin.Address);
        await using var visitor = await tunnel.SendAsync($"GET http://{tunnel.Hostname}/a%2Fb?c=%20");

        await visitor.ReadHeadAsync();

        const string Expected = "GET /a%2Fb?c=%20 HTTP/1.1";
        Assert.Equal(Expected, await visitor.ReadAsync(Expected.Length));
    }
}
