using System.Net;

namespace Culvert.EndToEnd.Tests.Requests;

public sealed class RequestHeaderTests
{
    [Theory, ClassData(typeof(EveryTransport))]
    public async Task Repeated_request_header_keeps_all_its_values_in_order(string transport)
    {
        var head = await HeadAtOriginAsync(transport, "X-Multi: one\nX-Multi: two, three\n");
        Assert.Equal(["one", "two", "three"], Values(head, "X-Multi"));
    }

    [Theory, ClassData(typeof(EveryTransport))]
    public async Task Cookies_stay_one_header(string transport)
    {
        var head = await HeadAtOriginAsync(transport, "Cookie: a=1; b=\"x,y\"\n");
        Assert.Contains("\r\nCookie: a=1; b=\"x,y\"\r\n", head, StringComparison.OrdinalIgnoreCase);
    }

    [Theory, ClassData(typeof(EveryTransport))]
    public async Task Bytes_beyond_ascii_reach_the_origin_unchanged(string transport)
    {
        var head = await HeadAtOriginAsync(transport, "X-Latin: caf\u00e9 \u00ff\nX-Utf8: \u00c3\u00bc\u00e2\u0082\u00ac\n");
        Assert.Contains("\r\nX-Latin: caf\u00e9 \u00ff\r\n", head, StringComparison.OrdinalIgnoreCase);
        Assert.Contains("\r\nX-Utf8: \u00c3\u00bc\u00e2\u0082\u00ac\r\n", head, StringComparison.OrdinalIgnoreCase);
    }

    [Theory, ClassData(typeof(EveryTransport))]
    public async Task Two_hundred_headers_and_a_long_one_reach_the_origin(string transport)
    {
        var many = string.Concat(Enumerable.Range(0, 200).Select(i => $"X-Many-{i}: value {i}\n"));
        var head = await HeadAtOriginAsync(transport, many + $"X-Long: {new string('l', 30_000)}\n");
        Assert.All(Enumerable.Range(0, 200), i => Assert.Equal([$"value {i}"], Values(head, $"X-Many-{i}")));
        Assert.Equal([new string('l', 30_000)], Values(head, "X-Long"));
    }

    [Theory, ClassData(typeof(EveryTransport))]
    public async Task Hop_by_hop_request_headers_stay_at_the_edge(string transport)
    {
        var head = await HeadAtOriginAsync(
            transport,
            "Connection: X-Named\nX-Named: 1\nKeep-Alive: timeout=9\nProxy-Connection: close\nTE: trailers\nX-Kept: 1\n");
        Assert.Equal(["1"], Values(head, "X-Kept"));
        Assert.All(["X-Named", "Keep-Alive", "Proxy-Connection", "TE", "Upgrade"], name => Assert.Empty(Values(head, name)));
        Assert.DoesNotContain("X-Named", string.Join(',', Values(head, "Connection")), StringComparison.OrdinalIgnoreCase);
    }

    [Theory, ClassData(typeof(EveryTransport))]
    public async Task Edge_tells_the_origin_who_the_visitor_is(string transport)
    {
        var head = await HeadAtOriginAsync(transport, "");
        Assert.Equal(["127.0.0.1"], Values(head, "X-Forwarded-For"));
        Assert.Equal(["http"], Values(head, "X-Forwarded-Proto"));
        Assert.Equal(["127.0.0.1"], Values(head, "CF-Connecting-IP"));
        Assert.Matches("^[0-9a-f]{16}-[A-Za-z0-9]{1,8}$", Assert.Single(Values(head, "CF-Ray")));
    }

    [Theory, ClassData(typeof(EveryTransport))]
    public async Task Forwarded_for_of_a_visitor_is_appended_to(string transport)
    {
        var head = await HeadAtOriginAsync(transport, "X-Forwarded-For: 203.0.113.7\nX-Forwarded-For: 203.0.113.8\n");
        Assert.Equal(["203.0.113.7", "203.0.113.8", "127.0.0.1"], Values(head, "X-Forwarded-For"));
    }

    [Theory, ClassData(typeof(EveryTransport))]
    public async Task Visitor_cannot_forge_what_the_edge_says(string transport)
    {
        var head = await HeadAtOriginAsync(
            transport,
            "CF-Connecting-IP: 6.6.6.6\nCF-Ray: forged\nX-Forwarded-Proto: https\n" +
            "Cf-Warp-Tag-Id: forged\nCf-Warp-Tag-Team: forged\n" +
            "Cf-Cloudflared-Proxy-Connection-Upgrade: control-stream\nCf-Cloudflared-Proxy-Src: forged\n" +
            "Cf-Cloudflared-Other: forged\nCf-Trace-Id: forged\nCf-Int-Cloudflared-Tracing: forged\n");
        Assert.Equal(["127.0.0.1"], Values(head, "CF-Connecting-IP"));
        Assert.Equal(["http"], Values(head, "X-Forwarded-Proto"));
        Assert.DoesNotContain("forged", head, StringComparison.Ordinal);
        Assert.DoesNotContain("6.6.6.6", head, StringComparison.Ordinal);
        Assert.DoesNotContain("cf-cloudflared", head, StringComparison.OrdinalIgnoreCase);
    }

    private static async Task<string> HeadAtOriginAsync(string transport, string headers)
    {
        var seen = new TaskCompletionSource<string>();
        await using var origin = RawOrigin.Start(async peer =>
        {
            seen.TrySetResult(await peer.ReadHeadAsync());
            await peer.WriteAsync("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
        });
        await using var tunnel = await Tunnel.StartAsync(transport, origin.Address);
        await using var visitor = await tunnel.SendAsync("GET /", headers);
        Assert.StartsWith($"HTTP/1.1 {(int)HttpStatusCode.OK} ", await visitor.ReadHeadAsync(), StringComparison.Ordinal);
        return await seen.Task.InTime();
    }

    private static string[] Values(string head, string name) =>
    [
        .. head.Split("\r\n").Where(line => line.StartsWith(name + ":", StringComparison.OrdinalIgnoreCase))
            .SelectMany(line => line[(name.Length + 1)..].Split(',', StringSplitOptions.TrimEntries)),
    ];
}
