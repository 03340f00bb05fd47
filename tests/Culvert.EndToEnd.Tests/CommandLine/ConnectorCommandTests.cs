using System.Net;
using Culvert.Transports.Credentials;

namespace Culvert.EndToEnd.Tests.CommandLine;

public sealed class ConnectorCommandTests
{
    [Theory, ClassData(typeof(EveryTransport))]
    public async Task Wrong_secret_ends_the_connector(string transport)
    {
        await using var edge = await TestEdge.StartAsync();
        var (credentials, _) = edge.AddTunnel();
        var wrong = credentials with { Secret = Pattern.Bytes(1, 32) };
        await using var process = CulvertProcess.Start(
            "tunnel", "run", "--token", TunnelToken.Format(wrong), "--edge", edge.Node.ConnectorEndPoint.ToString(),
            "--cacert", edge.AuthorityFile, "--protocol", transport, "--url", "localhost:1");

        Assert.NotEqual(0, await process.ExitAsync());

        Assert.Contains("Invalid tunnel secret", Assert.Single(process.Complaints), StringComparison.Ordinal);
        AssertNoStackTrace(process);
    }

    [Theory, ClassData(typeof(EveryTransport))]
    public async Task Edge_that_is_unreachable_is_tried_again_with_one_line_each_time(string transport)
    {
        var nobody = RawOrigin.NobodysAddress.Authority;
        await using var process = CulvertProcess.Start(
            "tunnel", "run", "--token", TunnelToken.Format(new TunnelCredentials("a", Guid.NewGuid(), Pattern.Bytes(0, 32))),
            "--edge", nobody, "--protocol", transport, "--url", "localhost:1");

        await process.Errors.WaitForAsync(" ERR ", times: 2);
        await process.TerminateAsync();

        Assert.Equal(0, await process.ExitAsync());
        Assert.All(process.Complaints, line => Assert.Contains(nobody, line, StringComparison.Ordinal));
        var retries = process.Errors.Lines.Count(line => line.Contains("Retrying connection", StringComparison.Ordinal));
        Assert.InRange(process.Complaints.Count(), retries, retries + 1);
        AssertNoStackTrace(process);
    }

    [Theory, ClassData(typeof(EveryTransport))]
    public async Task Edge_with_an_untrusted_certificate_is_an_error_in_one_line(string transport)
    {
        await using var edge = await TestEdge.StartAsync();
        await using var stranger = await TestEdge.StartAsync();
        var (credentials, _) = edge.AddTunnel();
        await using var process = CulvertProcess.Start(
            "tunnel", "run", "--token", TunnelToken.Format(credentials), "--edge", edge.Node.ConnectorEndPoint.ToString(),
            "--cacert", stranger.AuthorityFile, "--protocol", transport, "--url", "localhost:1");

        var line = await process.Errors.WaitForAsync(" ERR ");
        await process.TerminateAsync();

        Assert.Equal(0, await process.ExitAsync());
        Assert.Contains(edge.Node.ConnectorEndPoint.ToString(), line, StringComparison.Ordinal);
        AssertNoStackTrace(process);
    }

    [Theory, ClassData(typeof(EveryTransport))]
    public async Task Sigterm_lets_the_request_in_flight_complete(string transport)
    {
        var arrived = new TaskCompletionSource();
        var answer = new TaskCompletionSource();
        await using var origin = RawOrigin.Start(async peer =>
        {
            await peer.ReadHeadAsync();
            arrived.SetResult();
            await answer.Task;
            await peer.WriteAsync("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\ndone");
        });
        await using var edge = await TestEdge.StartAsync();
        var (credentials, hostname) = edge.AddTunnel();
        await using var process = await ConnectorProcess.StartAsync(
            edge, credentials, transport, origin.Address, "--grace-period", "2m");
        using var visitor = edge.CreateVisitor(hostname);
        var response = visitor.GetStringAsync("/");
        await arrived.Task.InTime();

        await process.TerminateAsync();
        await process.Errors.WaitForAsync("Unregistered tunnel connection");
        answer.SetResult();

        Assert.Equal("done", await response);
        Assert.Equal(0, await process.ExitAsync());
        Assert.Empty(process.Complaints);
    }

    [Fact]
    public async Task Up_prints_a_url_that_answers_and_ends_with_success_on_sigterm()
    {
        await using var process = CulvertProcess.Start("up", "--listen", "127.0.0.1:0");
        var url = new Uri(await process.Output.WaitForAsync("http://"));
        using var handler = new SocketsHttpHandler { UseProxy = false };
        using var visitor = new HttpClient(handler);
        using var request = new HttpRequestMessage(HttpMethod.Get, $"http://127.0.0.1:{url.Port}/");
        request.Headers.Host = url.Authority;

        using var response = await visitor.SendAsync(request).InTime();

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Contains("Hello from Culvert", await response.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        await process.TerminateAsync();
        Assert.Equal(0, await process.ExitAsync());
        Assert.Equal(url.OriginalString, Assert.Single(process.Output.Lines));
        Assert.Empty(process.Complaints);
    }

    private static void AssertNoStackTrace(CulvertProcess process) =>
        Assert.DoesNotContain(process.Errors.Lines, line => line.Contains("   at ", StringComparison.Ordinal));
}
