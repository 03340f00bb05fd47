using System.Net;
using System.Text.Json;

namespace Culvert.EndToEnd.Tests.Failures;

public sealed class ErrorPageTests
{
    [Theory, ClassData(typeof(EveryTransport))]
    public async Task Origin_that_is_down_gives_a_502_page(string transport)
    {
        await using var tunnel = await Tunnel.StartAsync(transport, RawOrigin.NobodysAddress);

        using var response = await tunnel.Visitor.GetAsync("/");

        Assert.Equal(HttpStatusCode.BadGateway, response.StatusCode);
        Assert.Equal("text/html; charset=utf-8", response.Content.Headers.ContentType?.ToString());
        var page = await response.Content.ReadAsStringAsync();
        Assert.Contains("The origin server did not answer", page, StringComparison.Ordinal);
        Assert.Contains(Assert.Single(response.Headers.GetValues("CF-Ray")), page, StringComparison.Ordinal);
    }

    [Theory, ClassData(typeof(EveryTransport))]
    public async Task Origin_that_is_down_gives_json_to_those_who_ask_for_it(string transport)
    {
        await using var tunnel = await Tunnel.StartAsync(transport, RawOrigin.NobodysAddress);
        await AssertJsonAsync(tunnel.Visitor, 502, "origin-unreachable");
    }

    [Theory, ClassData(typeof(EveryTransport))]
    public async Task Origin_that_closes_without_an_answer_gives_502(string transport)
    {
        await using var origin = RawOrigin.Start(peer => peer.ReadHeadAsync());
        await using var tunnel = await Tunnel.StartAsync(transport, origin.Address);
        await AssertJsonAsync(tunnel.Visitor, 502, "origin-unreachable");
    }

    [Theory, ClassData(typeof(EveryTransport))]
    public async Task Origin_that_does_not_speak_http_gives_502(string transport)
    {
        await using var origin = RawOrigin.Answering("SSH-2.0-OpenSSH_9.6\r\n\r\n");
        await using var tunnel = await Tunnel.StartAsync(transport, origin.Address);
        await AssertJsonAsync(tunnel.Visitor, 502, "origin-unreachable");
    }

    [Fact]
    public async Task Unknown_hostname_gives_530()
    {
        await using var edge = await TestEdge.StartAsync();
        using var visitor = edge.CreateVisitor("nobody.localhost");
        await AssertJsonAsync(visitor, 530, "unknown-hostname");
    }

    [Fact]
    public async Task Tunnel_without_a_connector_gives_530()
    {
        await using var edge = await TestEdge.StartAsync();
        var (_, hostname) = edge.AddTunnel();
        using var visitor = edge.CreateVisitor(hostname);
        await AssertJsonAsync(visitor, 530, "no-connector");
    }

    [Fact]
    public async Task Head_of_an_error_page_has_no_body()
    {
        await using var edge = await TestEdge.StartAsync();
        await using var visitor = await edge.ConnectVisitorAsync();
        await visitor.WriteAsync("HEAD / HTTP/1.1\r\nHost: nobody.localhost\r\n\r\n");
        await visitor.ReadHeadAsync();
        await visitor.WriteAsync("HEAD / HTTP/1.1\r\nHost: nobody.localhost\r\nConnection: close\r\n\r\n");
        Assert.StartsWith("HTTP/1.1 530", await visitor.ReadHeadAsync(), StringComparison.Ordinal);
        Assert.Equal("", (await visitor.ReadToEndAsync()).Text);
    }

    private static async Task AssertJsonAsync(HttpClient visitor, int status, string code)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/x");
        request.Headers.Add("Accept", "application/json");

        using var response = await visitor.SendAsync(request);

        Assert.Equal(status, (int)response.StatusCode);
        Assert.Equal("application/json", response.Content.Headers.ContentType?.ToString());
        using var json = JsonDocument.Parse(await response.Content.ReadAsStringAsync());
        Assert.Equal(status, json.RootElement.GetProperty("status").GetInt32());
        Assert.Equal(code, json.RootElement.GetProperty("error").GetString());
        Assert.Equal(Assert.Single(response.Headers.GetValues("CF-Ray")), json.RootElement.GetProperty("ray").GetString());
    }
}
