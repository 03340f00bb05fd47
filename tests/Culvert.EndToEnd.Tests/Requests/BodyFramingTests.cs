using Microsoft.AspNetCore.Http;

namespace Culvert.EndToEnd.Tests.Requests;

public sealed class BodyFramingTests
{
    [Theory, ClassData(typeof(EveryTransport))]
    public async Task Chunked_response_arrives_whole_and_chunked(string transport)
    {
        await using var origin = RawOrigin.Answering(
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nfirst\r\n7;ext=1\r\n second\r\n0\r\n\r\n");
        await using var tunnel = await Tunnel.StartAsync(transport, origin.Address);

        using var response = await tunnel.Visitor.GetAsync("/", HttpCompletionOption.ResponseHeadersRead);

        Assert.Null(response.Content.Headers.ContentLength);
        Assert.True(response.Headers.TransferEncodingChunked);
        Assert.Equal("first second", await response.Content.ReadAsStringAsync());
    }

    [Theory, ClassData(typeof(EveryTransport))]
    public async Task Response_that_ends_with_the_connection_arrives_whole(string transport)
    {
        await using var origin = RawOrigin.Start(async peer =>
        {
            await peer.ReadHeadAsync();
            await peer.WriteAsync("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nuntil the end");
        });
        await using var tunnel = await Tunnel.StartAsync(transport, origin.Address);
        Assert.Equal("until the end", await tunnel.Visitor.GetStringAsync("/"));
    }

    [Theory, ClassData(typeof(EveryTransport))]
    public async Task Chunked_request_arrives_whole_and_chunked(string transport)
    {
        await using var origin = await DescribingOriginAsync();
        await using var tunnel = await Tunnel.StartAsync(transport, origin.Address);
        using var request = new HttpRequestMessage(HttpMethod.Post, "/") { Content = new StringContent("in pieces") };
        request.Headers.TransferEncodingChunked = true;

        using var response = await tunnel.Visitor.SendAsync(request);

        Assert.Equal("chunked||in pieces", await response.Content.ReadAsStringAsync());
    }

    [Theory, ClassData(typeof(EveryTransport))]
    public async Task Request_of_known_length_arrives_with_its_length(string transport)
    {
        Assert.Equal("|5|hello", await DescribePostAsync(transport, "Content-Length: 5\n", "hello"));
    }

    [Theory, ClassData(typeof(EveryTransport))]
    public async Task Empty_post_arrives_with_length_zero(string transport)
    {
        Assert.Equal("|0|", await DescribePostAsync(transport, "Content-Length: 0\n", ""));
    }

    [Theory, ClassData(typeof(EveryTransport))]
    public async Task Expectation_to_continue_is_met_and_the_body_arrives(string transport)
    {
        await using var origin = await DescribingOriginAsync();
        await using var tunnel = await Tunnel.StartAsync(transport, origin.Address);
        await using var visitor = await tunnel.SendAsync("POST /", "Content-Length: 5\nExpect: 100-continue\n");
        Assert.StartsWith("HTTP/1.1 100 ", await visitor.ReadHeadAsync(), StringComparison.Ordinal);
        await visitor.WriteAsync("hello");
        Assert.StartsWith("HTTP/1.1 200 ", await visitor.ReadHeadAsync(), StringComparison.Ordinal);
        Assert.Equal("|5|hello", await visitor.ReadAsync(8));
    }

    private static async Task<string> DescribePostAsync(string transport, string headers, string body)
    {
        await using var origin = await DescribingOriginAsync();
        await using var tunnel = await Tunnel.StartAsync(transport, origin.Address);
        await using var visitor = await tunnel.SendAsync("POST /", headers + "Connection: close\n", body);
        await visitor.ReadHeadAsync();
        return (await visitor.ReadToEndAsync()).Text;
    }

    private static Task<WebOrigin> DescribingOriginAsync() => WebOrigin.StartAsync(async context =>
    {
        using var reader = new StreamReader(context.Request.Body);
        var text = $"{context.Request.Headers.TransferEncoding}|{context.Request.ContentLength}|{await reader.ReadToEndAsync()}";
        context.Response.ContentLength = text.Length;
        await context.Response.WriteAsync(text);
    });
}
