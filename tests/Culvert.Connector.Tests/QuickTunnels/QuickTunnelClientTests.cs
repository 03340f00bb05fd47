using System.Net;
using System.Net.Sockets;
using System.Text;
using Culvert.Connector.QuickTunnels;

namespace Culvert.Connector.Tests.QuickTunnels;

public class QuickTunnelClientTests
{
    private const string Answer =
        """{"success":true,"result":{"id":"11111111-2222-3333-4444-555555555555","name":"n","hostname":"calm-river.try.example","account_tag":"acct","secret":"AAECAw=="},"errors":[]}""";

    [Fact]
    public void Answer_is_read()
    {
        var tunnel = QuickTunnelClient.Parse(Answer);

        Assert.Equal("calm-river.try.example", tunnel.Hostname);
        Assert.Equal("acct", tunnel.Credentials.AccountTag);
        Assert.Equal(Guid.Parse("11111111-2222-3333-4444-555555555555"), tunnel.Credentials.TunnelId);
        Assert.Equal([0, 1, 2, 3], tunnel.Credentials.Secret.ToArray());
    }

    [Theory]
    [InlineData("""{"success":false,"result":null,"errors":[{"code":1,"message":"no"}]}""")]
    [InlineData("""{"success":true,"result":{"id":"x","hostname":"h"}}""")]
    [InlineData("{}")]
    [InlineData("null")]
    public void Answer_without_a_tunnel_is_refused(string body) =>
        Assert.StartsWith(
            "failed to parse quick Tunnel ID: invalid UUID",
            Assert.Throws<QuickTunnelException>(() => QuickTunnelClient.Parse(body)).Message);

    [Fact]
    public void Body_that_is_not_JSON_reaches_the_user() =>
        Assert.Equal(
            "failed to unmarshal quick Tunnel: the service answered: no room for another tunnel",
            Assert.Throws<QuickTunnelException>(() => QuickTunnelClient.Parse("no room for another tunnel\n")).Message);

    [Theory]
    [InlineData("", "/tunnel")]
    [InlineData("/", "//tunnel")]
    [InlineData("/base", "/base/tunnel")]
    public async Task Request_is_that_of_the_original(string suffix, string target)
    {
        using var server = new TcpListener(IPAddress.Loopback, 0);
        server.Start();
        var requesting = QuickTunnelClient.RequestAsync($"http://{server.LocalEndpoint}{suffix}", "2026.8.2", default);
        var head = await AnswerAsync(server, "HTTP/1.1 200 OK", Answer);

        Assert.Equal($"POST {target} HTTP/1.1", head[0]);
        Assert.Equal(
            ["Content-Length: 0", "Content-Type: application/json", $"Host: {server.LocalEndpoint}",
                "User-Agent: cloudflared/2026.8.2"],
            head[1..].Order(StringComparer.Ordinal));
        Assert.Equal("calm-river.try.example", (await requesting).Hostname);
    }

    [Fact]
    public async Task Status_is_not_looked_at()
    {
        using var server = new TcpListener(IPAddress.Loopback, 0);
        server.Start();
        var requesting = QuickTunnelClient.RequestAsync($"http://{server.LocalEndpoint}", "1", default);
        await AnswerAsync(server, "HTTP/1.1 429 Too Many Requests", "slow down\n");

        Assert.EndsWith(
            "the service answered: slow down", (await Assert.ThrowsAsync<QuickTunnelException>(() => requesting)).Message);
    }

    [Fact]
    public async Task Service_that_is_down_is_named()
    {
        using var server = new TcpListener(IPAddress.Loopback, 0);
        server.Start();
        var service = $"http://{server.LocalEndpoint}";
        server.Stop();

        var e = await Assert.ThrowsAsync<QuickTunnelException>(() => QuickTunnelClient.RequestAsync(service, "1", default));
        Assert.StartsWith($"failed to request quick Tunnel: {service}/tunnel: ", e.Message);
    }

    [Theory]
    [InlineData("")]
    [InlineData("localhost:80")]
    [InlineData("file:///etc")]
    public async Task What_is_no_service_URL_is_named(string service) =>
        Assert.Equal(
            $"failed to request quick Tunnel: --quick-service '{service}' is not an http or https URL",
            (await Assert.ThrowsAsync<QuickTunnelException>(
                () => QuickTunnelClient.RequestAsync(service, "1", default))).Message);

    private static async Task<string[]> AnswerAsync(TcpListener server, string status, string body)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        using var client = await server.AcceptTcpClientAsync(limit.Token);
        using var reader = new StreamReader(client.GetStream(), Encoding.ASCII);
        var lines = new List<string>();
        while (await reader.ReadLineAsync(limit.Token) is { Length: > 0 } line)
        {
            lines.Add(line);
        }

        await client.GetStream().WriteAsync(
            Encoding.ASCII.GetBytes($"{status}\r\nContent-Length: {body.Length}\r\n\r\n{body}"), limit.Token);
        return [.. lines];
    }
}
