using System.Text;
using Culvert.Engine.Tags;
using Culvert.Transports.Streams;

namespace Culvert.EndToEnd.Tests.Conformance;

/// <summary>What of a request reaches the origin (http2-and-proxy, section 13.1, C-24 to C-31).</summary>
public sealed class RequestConformanceTests
{
    private const string Empty = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
    private const string Upgrade = "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n";
    private const string SomeTrace = "0123456789abcdef0123456789abcdef:0123456789abcdef:0:0";

    [Theory, ClassData(typeof(EveryTransport))]
    public async Task C24_Request_that_the_edge_gives_up_is_given_up_at_the_origin(string transport)
    {
        var (asked, closed) = (new TaskCompletionSource(), new TaskCompletionSource());
        await using var origin = RawOrigin.Start(async peer =>
        {
            await peer.ReadHeadAsync();
            asked.TrySetResult();
            await peer.ReadToEndAsync();
            closed.TrySetResult();
        });
        await using var edge = await ScriptedEdge.StartAsync(transport, origin.Address);
        await using var stream = await edge.OpenAsync(StreamKind.Http);
        await asked.Task.InTime();

        stream.Abort();

        await closed.Task.InTime();
    }

    [Theory, ClassData(typeof(EveryTransport))]
    public async Task C24_Connection_that_is_lost_ends_its_requests_at_the_origin(string transport)
    {
        var (asked, closed) = (new TaskCompletionSource(), new TaskCompletionSource());
        await using var origin = RawOrigin.Start(async peer =>
        {
            await peer.ReadHeadAsync();
            asked.TrySetResult();
            await peer.ReadToEndAsync();
            closed.TrySetResult();
        });
        await using var edge = await ScriptedEdge.StartAsync(transport, origin.Address);
        await using var stream = await edge.OpenAsync(StreamKind.Http);
        await asked.Task.InTime();

        await edge.Connection.DisposeAsync();

        await closed.Task.InTime();
    }

    [Theory, ClassData(typeof(EveryTransport))]
    public async Task C25_Trace_context_is_removed_and_every_other_header_kept(string transport)
    {
        var head = await HeadAsync(
            transport, headers: "Cf-Ray: 1234-ABC\nCf-Connecting-Ip: 192.0.2.1\nCf-Unknown: kept\nUber-Trace-Id: kept\n" +
            "X-Forwarded-For: 192.0.2.1\nCf-Access-Jwt-Assertion: kept\n",
            trace: SomeTrace);

        string[] kept =
        [
            "Cf-Ray: 1234-ABC", "Cf-Connecting-Ip: 192.0.2.1", "Cf-Unknown: kept", "Uber-Trace-Id: kept",
            "X-Forwarded-For: 192.0.2.1", "Cf-Access-Jwt-Assertion: kept",
        ];
        Assert.All(kept, line => Assert.Contains(line, head));
        Assert.DoesNotContain(head, line => line.StartsWith("Cf-Trace-Id", StringComparison.OrdinalIgnoreCase));
    }

    [Theory, ClassData(typeof(EveryTransport))]
    public async Task C25_Marker_of_a_WebSocket_is_removed(string transport)
    {
        var head = new TaskCompletionSource<string>();
        await using var origin = RawOrigin.Start(async peer =>
        {
            head.TrySetResult(await peer.ReadHeadAsync());
            await peer.WriteAsync(Upgrade);
            await peer.ReadToEndAsync();
        });
        await using var edge = await ScriptedEdge.StartAsync(transport, origin.Address);
        await using var stream = await edge.OpenAsync(StreamKind.WebSocket);

        Assert.DoesNotContain("cf-cloudflared", await head.Task.InTime(), StringComparison.OrdinalIgnoreCase);
    }

    [Theory, ClassData(typeof(EveryTransport))]
    public async Task C26_Tags_are_appended_and_replace_nothing(string transport)
    {
        var head = new TaskCompletionSource<string>();
        await using var origin = RawOrigin.Start(async peer =>
        {
            head.TrySetResult(await peer.ReadHeadAsync());
            await peer.WriteAsync(Empty);
        });
        await using var edge = await ScriptedEdge.StartAsync(
            transport, origin.Address, o => o with { Tags = [new Tag("TEAM", "web = all"), new Tag("dc", "fra1")] });

        await edge.AskAsync(headers: "Cf-Warp-Tag-Team: forged\n");

        Assert.Equal(
            [
                "Cf-Warp-Tag-Team: forged", "Cf-Warp-Tag-Team: web = all", "Cf-Warp-Tag-Dc: fra1",
                $"Cf-Warp-Tag-Id: {edge.Connector.Connector.Id}",
            ],
            Lines(await head.Task.InTime()).Where(line => line.StartsWith("Cf-Warp-Tag", StringComparison.OrdinalIgnoreCase)));
    }

    [Theory, ClassData(typeof(EveryTransport))]
    public async Task C27_Host_is_forwarded_with_its_port(string transport)
    {
        Assert.Contains("Host: Demo.example:8443", await HeadAsync(transport, host: "Demo.example:8443"));
    }

    [Theory, ClassData(typeof(EveryTransport))]
    public async Task C28_Path_and_query_are_forwarded_byte_for_byte(string transport)
    {
        const string Target = "/p%2Fq//a/../b/%7euser/./?x=1&y=%20z&&=%GG?";
        Assert.Equal($"GET {Target} HTTP/1.1", (await HeadAsync(transport, $"GET {Target}"))[0]);
    }

    [Theory, ClassData(typeof(EveryTransport))]
    public async Task C29_No_user_agent_is_invented_and_the_connection_is_kept(string transport)
    {
        var head = await HeadAsync(transport);

        Assert.Contains("Connection: keep-alive", head);
        Assert.DoesNotContain(head, line => line.StartsWith("User-Agent", StringComparison.OrdinalIgnoreCase));
    }

    [Theory, ClassData(typeof(EveryTransport))]
    public async Task C29_Expectation_is_answered_and_the_body_arrives(string transport)
    {
        var body = new TaskCompletionSource<string>();
        await using var origin = RawOrigin.Start(async peer =>
        {
            var head = await peer.ReadHeadAsync();
            if (head.Contains("100-continue", StringComparison.OrdinalIgnoreCase))
            {
                await peer.WriteAsync("HTTP/1.1 100 Continue\r\n\r\n");
            }

            body.TrySetResult(await peer.ReadAsync(5));
            await peer.WriteAsync(Empty);
        });
        await using var edge = await ScriptedEdge.StartAsync(transport, origin.Address);

        var answer = await edge.AskAsync("POST /", "Expect: 100-continue\nContent-Length: 5\n", "hello");

        Assert.Equal(200, answer.Status);
        Assert.Equal("hello", await body.Task.InTime());
    }

    [Theory, ClassData(typeof(EveryTransport))]
    public async Task C30_Without_accept_encoding_nothing_is_added_and_no_body_touched(string transport)
    {
        var head = new TaskCompletionSource<string>();
        await using var origin = RawOrigin.Start(async peer =>
        {
            head.TrySetResult(await peer.ReadHeadAsync());
            await peer.WriteAsync("HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 8\r\n\r\nnot gzip");
        });
        await using var edge = await ScriptedEdge.StartAsync(transport, origin.Address);

        var answer = await edge.AskAsync();

        Assert.DoesNotContain("Accept-Encoding", await head.Task.InTime(), StringComparison.OrdinalIgnoreCase);
        Assert.Equal(["Content-Encoding: gzip", "Content-Length: 8"], answer.Headers);
        Assert.Equal("not gzip", answer.Body);
    }

    [Theory, ClassData(typeof(EveryTransport))]
    public async Task C30_Accept_encoding_passes_and_no_body_is_touched(string transport) =>
        Assert.Contains(
            "Accept-Encoding: br, gzip;q=0.5", await HeadAsync(transport, headers: "Accept-Encoding: br, gzip;q=0.5\n"));

    [Theory, ClassData(typeof(EveryTransport))]
    public async Task C31_WebSocket_is_an_upgrade_with_raw_bytes_both_ways(string transport)
    {
        var head = new TaskCompletionSource<string>();
        await using var origin = RawOrigin.Start(async peer =>
        {
            head.TrySetResult(await peer.ReadHeadAsync());
            await peer.WriteAsync(Upgrade + "early");
            await peer.WriteAsync(await peer.ReadAsync(4));
            await peer.ReadToEndAsync();
        });
        await using var edge = await ScriptedEdge.StartAsync(transport, origin.Address);
        await using var stream = await edge.OpenAsync(
            StreamKind.WebSocket,
            headers: "Connection: close\nUpgrade: other\nSec-Websocket-Version: 8\nSec-Websocket-Key: abc\n");
        var answered = await stream.ReadHeadAsync(default).InTime();

        Assert.Equal(101, answered.Status);
        var lines = Lines(await head.Task.InTime());
        Assert.Equal(["Connection: Upgrade"], Named(lines, "Connection"));
        Assert.Equal(["Upgrade: websocket"], Named(lines, "Upgrade"));
        Assert.Equal("13", Assert.Single(Named(lines, "Sec-Websocket-Version"))[^2..]);
        Assert.Equal("abc", Assert.Single(Named(lines, "Sec-Websocket-Key"))[^3..]);
        Assert.Empty(Named(lines, "Content-Length"));
        Assert.Empty(Named(lines, "Transfer-Encoding"));
        Assert.Equal("early", await ReadAsync(stream, 5));
        await stream.Output.WriteAsync(new byte[] { 0x81, 0xFF, 0, 13 });
        Assert.Equal("\u0081\u00ff\0\r", await ReadAsync(stream, 4));
    }

    private static async Task<string[]> HeadAsync(
        string transport, string line = "GET /", string headers = "", string host = "demo.example", string trace = "")
    {
        var head = new TaskCompletionSource<string>();
        await using var origin = RawOrigin.Start(async peer =>
        {
            head.TrySetResult(await peer.ReadHeadAsync());
            await peer.WriteAsync(Empty);
        });
        await using var edge = await ScriptedEdge.StartAsync(transport, origin.Address);
        Assert.Equal(200, (await edge.AskAsync(line, headers, host: host, trace: trace)).Status);
        return Lines(await head.Task.InTime());
    }

    private static async Task<string> ReadAsync(ConnectorStream stream, int count)
    {
        var read = await stream.Input.ReadAtLeastAsync(count).InTime();
        var part = read.Buffer.Slice(0, count);
        var text = Encoding.Latin1.GetString(part);
        stream.Input.AdvanceTo(part.End);
        return text;
    }

    private static string[] Lines(string head) => head.Split("\r\n", StringSplitOptions.RemoveEmptyEntries);

    private static string[] Named(string[] lines, string name) =>
        [.. lines.Where(line => line.StartsWith(name + ":", StringComparison.OrdinalIgnoreCase))];
}
