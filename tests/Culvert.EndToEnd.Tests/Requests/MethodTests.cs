using System.Net;
using Microsoft.AspNetCore.Http;

namespace Culvert.EndToEnd.Tests.Requests;

public sealed class MethodTests
{
    [Theory, ClassData(typeof(EveryTransport))]
    public async Task Get_returns_status_headers_and_body_of_the_origin(string transport)
    {
        await using var origin = await WebOrigin.StartAsync(context =>
        {
            context.Response.StatusCode = 203;
            context.Response.ContentType = "text/x-test";
            context.Response.Headers["X-Seen"] = $"{context.Request.Method} {context.Request.Host}";
            return context.Response.WriteAsync("through the tunnel");
        });
        await using var tunnel = await Tunnel.StartAsync(transport, origin.Address);

        using var response = await tunnel.Visitor.GetAsync("/");

        Assert.Equal(HttpStatusCode.NonAuthoritativeInformation, response.StatusCode);
        Assert.Equal("text/x-test", response.Content.Headers.ContentType?.ToString());
        Assert.Equal($"GET {tunnel.Visitor.BaseAddress!.Authority}", Assert.Single(response.Headers.GetValues("X-Seen")));
        Assert.Equal("through the tunnel", await response.Content.ReadAsStringAsync());
    }

    [Theory, ClassData(typeof(EveryTransport))]
    public async Task Post_body_reaches_the_origin_and_comes_back(string transport)
    {
        await using var origin = await WebOrigin.StartAsync(async context =>
        {
            context.Response.ContentType = context.Request.ContentType;
            context.Response.ContentLength = context.Request.ContentLength;
            await context.Request.Body.CopyToAsync(context.Response.Body);
        });
        await using var tunnel = await Tunnel.StartAsync(transport, origin.Address);
        var body = Pattern.Bytes(0, 300_000);
        using var content = new ByteArrayContent(body);
        content.Headers.TryAddWithoutValidation("Content-Type", "application/x-echo");

        using var response = await tunnel.Visitor.PostAsync("/", content);

        Assert.Equal("application/x-echo", response.Content.Headers.ContentType?.ToString());
        Assert.Equal(body.Length, response.Content.Headers.ContentLength);
        Assert.Equal(body, await response.Content.ReadAsByteArrayAsync());
    }

    [Theory, ClassData(typeof(EveryTransport))]
    public async Task Unusual_methods_reach_the_origin_as_they_are(string transport)
    {
        await using var origin = await WebOrigin.StartAsync(context => context.Response.WriteAsync(context.Request.Method));
        await using var tunnel = await Tunnel.StartAsync(transport, origin.Address);
        foreach (var method in new[] { "PUT", "PATCH", "DELETE", "OPTIONS", "PROPFIND", "M-SEARCH" })
        {
            using var request = new HttpRequestMessage(new HttpMethod(method), "/");
            using var response = await tunnel.Visitor.SendAsync(request);
            Assert.Equal(method, await response.Content.ReadAsStringAsync());
        }
    }

    [Theory, ClassData(typeof(EveryTransport))]
    public async Task Head_keeps_the_content_length_and_has_no_body(string transport)
    {
        await using var origin = RawOrigin.Answering("HTTP/1.1 200 OK\r\nContent-Length: 1234\r\nX-Kind: head\r\n\r\n");
        await using var tunnel = await Tunnel.StartAsync(transport, origin.Address);
        await AssertHeadOnlyAsync(tunnel, "HEAD /", "HTTP/1.1 200 OK", "Content-Length: 1234", "X-Kind: head");
    }

    [Theory, ClassData(typeof(EveryTransport))]
    public async Task No_content_has_no_body(string transport)
    {
        await using var origin = RawOrigin.Answering("HTTP/1.1 204 No Content\r\nX-Kind: empty\r\n\r\n");
        await using var tunnel = await Tunnel.StartAsync(transport, origin.Address);
        var head = await AssertHeadOnlyAsync(tunnel, "GET /", "HTTP/1.1 204 No Content", "X-Kind: empty");
        Assert.DoesNotContain("Content-Length", head, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("Transfer-Encoding", head, StringComparison.OrdinalIgnoreCase);
    }

    [Theory, ClassData(typeof(EveryTransport))]
    public async Task Not_modified_keeps_its_validators_and_has_no_body(string transport)
    {
        await using var origin = RawOrigin.Answering("HTTP/1.1 304 Not Modified\r\nETag: \"v7\"\r\nContent-Length: 99\r\n\r\n");
        await using var tunnel = await Tunnel.StartAsync(transport, origin.Address);
        await AssertHeadOnlyAsync(tunnel, "GET /", "HTTP/1.1 304 Not Modified", "ETag: \"v7\"");
    }

    // The answer to a second request follows the first head at once: there was no body between them.
    private static async Task<string> AssertHeadOnlyAsync(Tunnel tunnel, string requestLine, params string[] lines)
    {
        await using var visitor = await tunnel.SendAsync(requestLine);
        var first = await visitor.ReadHeadAsync();
        await tunnel.SendAsync(visitor, requestLine);
        var second = await visitor.ReadHeadAsync();
        Assert.All(lines, line => Assert.Contains(line + "\r\n", first, StringComparison.OrdinalIgnoreCase));
        Assert.StartsWith(lines[0], second, StringComparison.Ordinal);
        return first;
    }
}
