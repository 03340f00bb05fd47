namespace Culvert.EndToEnd.Tests.Requests;

public sealed class ResponseHeaderTests
{
    [Theory, ClassData(typeof(EveryTransport))]
    public async Task Set_cookie_twice_stays_two_lines(string transport)
    {
        var lines = await LinesAtVisitorAsync(
            transport, "Set-Cookie: a=1; Path=/\nSet-Cookie: b=2; Expires=Thu, 01 Jan 2037 00:00:00 GMT\n");
        Assert.Equal(
            ["Set-Cookie: a=1; Path=/", "Set-Cookie: b=2; Expires=Thu, 01 Jan 2037 00:00:00 GMT"],
            lines.Where(line => line.StartsWith("Set-Cookie:", StringComparison.OrdinalIgnoreCase)));
    }

    [Theory, ClassData(typeof(EveryTransport))]
    public async Task Repeated_response_header_keeps_its_lines_in_order(string transport)
    {
        var lines = await LinesAtVisitorAsync(transport, "X-Multi: one\nX-Other: -\nX-Multi: two, three\nLink: <a>\nLink: <b>\n");
        Assert.Equal(
            ["X-Multi: one", "X-Multi: two, three"], lines.Where(line => line.StartsWith("X-Multi", StringComparison.Ordinal)));
        Assert.Equal(["Link: <a>", "Link: <b>"], lines.Where(line => line.StartsWith("Link", StringComparison.Ordinal)));
    }

    [Theory, ClassData(typeof(EveryTransport))]
    public async Task Bytes_beyond_ascii_reach_the_visitor_unchanged(string transport)
    {
        var lines = await LinesAtVisitorAsync(transport, "X-Latin: caf\u00e9 \u00ff\nX-Utf8: \u00c3\u00bc\u00e2\u0082\u00ac\n");
        Assert.Contains("X-Latin: caf\u00e9 \u00ff", lines);
        Assert.Contains("X-Utf8: \u00c3\u00bc\u00e2\u0082\u00ac", lines);
    }

    [Theory, ClassData(typeof(EveryTransport))]
    public async Task Response_header_of_64_kibibytes_reaches_the_visitor(string transport)
    {
        var value = new string('v', 64 * 1024);
        Assert.Contains($"X-Large: {value}", await LinesAtVisitorAsync(transport, $"X-Large: {value}\n"));
    }

    [Theory, ClassData(typeof(EveryTransport))]
    public async Task Thousand_response_headers_reach_the_visitor(string transport)
    {
        var sent = Enumerable.Range(0, 1000).Select(i => $"X-Many-{i}: value {i}").ToList();
        var lines = await LinesAtVisitorAsync(transport, string.Concat(sent.Select(line => line + "\n")));
        Assert.Equal(sent, lines.Where(line => line.StartsWith("X-Many-", StringComparison.Ordinal)));
    }

    [Theory, ClassData(typeof(EveryTransport))]
    public async Task Headers_that_the_origin_did_not_send_are_not_added(string transport)
    {
        var lines = await LinesAtVisitorAsync(transport, "");
        Assert.DoesNotContain(lines, line => line.StartsWith("Content-Type", StringComparison.OrdinalIgnoreCase));
        Assert.DoesNotContain(lines, line => line.StartsWith("Server", StringComparison.OrdinalIgnoreCase));
    }

    [Theory, ClassData(typeof(EveryTransport))]
    public async Task Hop_by_hop_and_control_response_headers_stay_in_the_tunnel(string transport)
    {
        var lines = await LinesAtVisitorAsync(
            transport,
            "Connection: keep-alive, X-Named\nX-Named: 1\nKeep-Alive: timeout=9\nProxy-Connection: close\nX-Kept: 1\n" +
            "Cf-Cloudflared-Response-Meta: forged\nCf-Int-Thing: forged\nCf-Proxy-Thing: forged\n");
        Assert.Contains("X-Kept: 1", lines);
        string[] names = ["X-Named", "Keep-Alive", "Proxy-Connection", "Cf-Cloudflared", "Cf-Int", "Cf-Proxy"];
        Assert.DoesNotContain(
            lines, line => Array.Exists(names, name => line.StartsWith(name, StringComparison.OrdinalIgnoreCase)));
    }

    private static async Task<string[]> LinesAtVisitorAsync(string transport, string headers)
    {
        await using var origin = RawOrigin.Answering(
            $"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n{headers.ReplaceLineEndings("\r\n")}\r\nbody");
        await using var tunnel = await Tunnel.StartAsync(transport, origin.Address);
        await using var visitor = await tunnel.SendAsync("GET /");
        var head = await visitor.ReadHeadAsync();
        Assert.Equal("body", await visitor.ReadAsync(4));
        Assert.StartsWith("HTTP/1.1 200 OK\r\n", head, StringComparison.Ordinal);
        return head.Split("\r\n", StringSplitOptions.RemoveEmptyEntries);
    }
}
