using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using Culvert.Connector.Management;
using Culvert.Transports.Credentials;

namespace Culvert.EndToEnd.Tests.Management;

/// <summary>
/// An edge node in front of the management service of connectors (supervisor-and-operations, section 12, 52 to 54).
/// </summary>
public sealed class EdgeManagementTests
{
    private static readonly string Hostname = new ManagementOptions().Hostname;

    [Theory, ClassData(typeof(EveryTransport))]
    public async Task K52_TokenOfTheTunnelReachesTheConnectorThatIsChosen(string transport)
    {
        await using var edge = await StartAsync();
        var (credentials, _) = edge.AddTunnel();
        await using var first = await RunningConnector.StartAsync(edge, credentials, transport, RawOrigin.NobodysAddress);
        await using var second = await RunningConnector.StartAsync(edge, credentials, transport, RawOrigin.NobodysAddress);
        using var visitor = edge.CreateVisitor("MANAGEMENT.argotunnel.com");
        var token = await TokenAsync(edge, credentials, "host_details");

        foreach (var id in new[] { first.Connector.Id, second.Connector.Id, first.Connector.Id })
        {
            using var details = JsonDocument.Parse(
                await visitor.GetStringAsync($"/host_details?access_token={token}&connector_id={id}"));
            Assert.Equal(id, details.RootElement.GetProperty("connector_id").GetGuid());
        }

        using var any = await visitor.GetAsync($"/ping?access_token={token}");
        Assert.Equal(HttpStatusCode.OK, any.StatusCode);
    }

    [Fact]
    public async Task K52_NothingElseReachesAConnector()
    {
        await using var edge = await StartAsync();
        var (credentials, _) = edge.AddTunnel();
        var (others, _) = edge.AddTunnel();
        await using var connector = await RunningConnector.StartAsync(edge, credentials, "http2", RawOrigin.NobodysAddress);
        using var visitor = edge.CreateVisitor(Hostname);
        var token = await TokenAsync(edge, credentials, "logs");

        await RefusedAsync(400, "(1001) missing access_token query parameter", "/ping");
        await RefusedAsync(400, "(1001) missing access_token query parameter", $"/ping?access_token=&access_token={token}");
        await RefusedAsync(
            401, "(1002) the access_token is not valid, or its time is up", $"/ping?access_token={UnsignedToken.Of("me")}");
        await RefusedAsync(403, "(1003) the access_token is for another resource", $"/host_details?access_token={token}");
        await RefusedAsync(400, "(1005) connector_id is no UUID", $"/ping?access_token={token}&connector_id=x");
        Assert.DoesNotContain(connector.Log.Lines, line => line.Contains("management", StringComparison.Ordinal));

        // Checklist 54.
        await RefusedAsync(
            530, "(1004) no connector of the tunnel is connected",
            $"/ping?access_token={await TokenAsync(edge, others, "logs")}");
        await RefusedAsync(
            530, "(1004) no connector of the tunnel is connected", $"/ping?access_token={token}&connector_id={Guid.NewGuid()}");

        async Task RefusedAsync(int status, string text, string target)
        {
            using var refused = await visitor.GetAsync(target);
            Assert.Equal(status, (int)refused.StatusCode);
            using var body = JsonDocument.Parse(await refused.Content.ReadAsStringAsync());
            var error = Assert.Single(body.RootElement.GetProperty("errors").EnumerateArray());
            Assert.Equal(text, $"({error.GetProperty("code")}) {error.GetProperty("message")}");
        }
    }

    [Fact]
    public async Task K52_TokenIsForWhoHasTheTunnelsCredentials()
    {
        await using var edge = await StartAsync();
        var (credentials, _) = edge.AddTunnel();
        var (others, _) = edge.AddTunnel();
        var wrong = credentials with { Secret = new byte[32] };

        Assert.Equal(HttpStatusCode.Forbidden, (await AskAsync(edge, credentials.TunnelId, wrong, "logs")).Status);
        Assert.Equal(HttpStatusCode.Forbidden, (await AskAsync(edge, credentials.TunnelId, others, "logs")).Status);
        Assert.Equal(HttpStatusCode.Forbidden, (await AskAsync(edge, Guid.NewGuid(), others, "logs")).Status);
        Assert.Equal(HttpStatusCode.BadRequest, (await AskAsync(edge, credentials.TunnelId, credentials, "Logs")).Status);
        Assert.Equal(HttpStatusCode.OK, (await AskAsync(edge, credentials.TunnelId, credentials, "logs")).Status);
    }

    [Fact]
    public async Task K53_TailFindsItsTokenAndItsStreamEndsWithIt()
    {
        await using var edge = await StartAsync();
        var (credentials, hostname) = edge.AddTunnel();
        await using var connector = await RunningConnector.StartAsync(edge, credentials, "http2", RawOrigin.NobodysAddress);
        var file = Path.GetTempFileName();
        await File.WriteAllTextAsync(file, TunnelToken.Format(credentials));
        try
        {
            await using (var tail = Tail(edge, file, "--connector-id", connector.Connector.Id.ToString()))
            {
                using var visitor = edge.CreateVisitor(Hostname);
                var token = await TokenAsync(edge, credentials, "logs");
                var seen = tail.Output.WaitForAsync("/ping");
                while (!seen.IsCompleted)
                {
                    using var ping = await visitor.GetAsync($"/ping?access_token={token}");
                }

                await seen;
                Assert.Empty(tail.Complaints);
                tail.Kill();
            }

            await Deadline.UntilAsync(
                () => edge.Connections(hostname).All(held => held.OpenStreams == 0), "the stream to the connector ends");
        }
        finally
        {
            File.Delete(file);
        }
    }

    [Fact]
    public async Task K54_TailSaysThatNoConnectorIsThere()
    {
        await using var edge = await StartAsync();
        var (credentials, _) = edge.AddTunnel();
        var file = Path.GetTempFileName();
        await File.WriteAllTextAsync(file, TunnelToken.Format(credentials));
        try
        {
            await using var tail = Tail(edge, file);
            Assert.Equal(0, await tail.ExitAsync());
            Assert.Contains(
                tail.Complaints,
                line => line.Contains("no cloudflared connector available or reachable", StringComparison.Ordinal));

            await using var token = CulvertProcess.Start(
                "management", "token", "--resource", "admin", "--api-url", $"http://{edge.Node.ApiEndPoint}",
                "--token-file", file);
            Assert.Equal(0, await token.ExitAsync());
            Assert.Matches("""^\{"token":"[\w-]+\.[\w-]+\.[\w-]+"\}$""", Assert.Single(token.Output.Lines));
            await using var invalid = CulvertProcess.Start("management", "token", "--resource", "Logs", "--token-file", file);
            Assert.Equal(1, await invalid.ExitAsync());
            Assert.Contains(
                "must be one of: logs, admin, host_details", Assert.Single(invalid.Errors.Lines), StringComparison.Ordinal);
        }
        finally
        {
            File.Delete(file);
        }
    }

    private static Task<TestEdge> StartAsync() =>
        TestEdge.StartAsync(options => options with { ApiAddress = new IPEndPoint(IPAddress.Loopback, 0) });

    private static CulvertProcess Tail(TestEdge edge, string tokenFile, params string[] more) => CulvertProcess.Start(
    [
        "tail", "--token-file", tokenFile, "--api-url", $"http://{edge.Node.ApiEndPoint}", "--management-url",
        $"http://{edge.Node.VisitorEndPoint}", .. more,
    ]);

    private static async Task<string> TokenAsync(TestEdge edge, TunnelCredentials credentials, string resource) =>
        (await AskAsync(edge, credentials.TunnelId, credentials, resource)).Token!;

    private static async Task<(HttpStatusCode Status, string? Token)> AskAsync(
        TestEdge edge, Guid tunnel, TunnelCredentials credentials, string resource)
    {
        using var client = new HttpClient();
        using var request = new HttpRequestMessage(
            HttpMethod.Post,
            $"http://{edge.Node.ApiEndPoint}/client/v4/accounts/{credentials.AccountTag}" +
            $"/cfd_tunnel/{tunnel}/management/{resource}");
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", TunnelToken.Format(credentials));
        using var response = await client.SendAsync(request);
        using var body = JsonDocument.Parse(await response.Content.ReadAsStringAsync());
        Assert.Equal("application/json", response.Content.Headers.ContentType!.ToString());
        Assert.Equal(response.IsSuccessStatusCode, body.RootElement.GetProperty("success").GetBoolean());
        return (response.StatusCode, body.RootElement.GetProperty("result").GetString());
    }
}
