using System.Net;
using System.Net.Sockets;
using Culvert.EndToEnd.Tests.Lifecycle;
using Culvert.Transports.Credentials;

namespace Culvert.EndToEnd.Tests.CommandLine;

/// <summary>
/// The table of exit codes (supervisor-and-operations, section 1.7; cli-api-access, section 1.4), with real processes.
/// </summary>
public sealed class ExitCodeTests
{
    private static readonly string Token =
        TunnelToken.Format(new TunnelCredentials("account", Guid.NewGuid(), Pattern.Bytes(0, 32)));

    [Theory]
    [InlineData(0, "--help")]
    [InlineData(0, "tunnel", "run", "--help")]
    [InlineData(0, "edge", "token")]
    [InlineData(255)]
    [InlineData(255, "edge", "--nonsense")]
    [InlineData(255, "tunnel", "run", "--grace-period")]
    [InlineData(3, "nonsense")]
    [InlineData(3, "tunnel", "ingress", "nonsense")]
    [InlineData(1, "tunnel", "--config", "/nonexistent/config.yml", "run")]
    [InlineData(1, "tunnel")]
    [InlineData(1, "tunnel", "run", "--edge", "127.0.0.1:1", "a-name")]
    [InlineData(1, "tunnel", "run", "--token", "$TOKEN", "--edge", "127.0.0.1:1", "--cacert", "/nonexistent/ca.pem")]
    [InlineData(1, "tunnel", "run", "--token", "$TOKEN", "--edge", "127.0.0.1:1", "--grace-period", "4m")]
    [InlineData(1, "edge", "--data", "/dev/null/data")]
    public async Task Exit_code_is_that_of_the_table(int code, params string[] arguments)
    {
        await using var process = CulvertProcess.Start([.. arguments.Select(a => a == "$TOKEN" ? Token : a)]);

        Assert.Equal(code, await process.ExitAsync());
    }

    [Theory]
    [InlineData("tunnel", "run", "--edge", "127.0.0.1:1")]
    [InlineData("tunnel", "run", "--edge", "127.0.0.1:1", "--token", "garbage")]
    [InlineData("tunnel", "run", "--edge", "127.0.0.1:1", "--token-file", "/nonexistent/token")]
    [InlineData("tunnel", "run", "--edge", "127.0.0.1:1", "a", "b")]
    public async Task K01_no_credentials_a_bad_token_and_too_many_arguments_exit_with_the_hint(params string[] arguments)
    {
        await using var process = CulvertProcess.Start(arguments);

        Assert.Equal(255, await process.ExitAsync());
        Assert.EndsWith("See 'culvert tunnel run --help'.", Assert.Single(process.Complaints), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Metrics_port_in_use_fails_both_halves()
    {
        using var taken = new TcpListener(IPAddress.Loopback, 0);
        taken.Start();
        var address = taken.LocalEndpoint.ToString()!;
        var data = Directory.CreateTempSubdirectory("culvert-edge-");
        try
        {
            await using var connector = CulvertProcess.Start(
                "tunnel", "run", "--token", Token, "--edge", "127.0.0.1:1", "--metrics", address);
            await using var edge = CulvertProcess.Start([.. EdgeArguments(data), "--metrics", address]);

            Assert.Equal(1, await connector.ExitAsync());
            Assert.Equal(1, await edge.ExitAsync());
            Assert.Contains(address, edge.Complaints.Last(), StringComparison.Ordinal);
        }
        finally
        {
            data.Delete(recursive: true);
        }
    }

    [Fact]
    public async Task K19_signal_before_there_is_a_tunnel_ends_it_with_success()
    {
        using var silent = new TcpListener(IPAddress.Loopback, 0);
        silent.Start();
        await using var process = CulvertProcess.Start(
            "tunnel", "--edge", "127.0.0.1:1", "--url", "localhost:1", "--quick-service", $"http://{silent.LocalEndpoint}");
        using var asked = await silent.AcceptSocketAsync();

        await process.TerminateAsync();

        Assert.Equal(0, await process.ExitAsync());
        Assert.DoesNotContain(process.Complaints, line => line.Contains("error", StringComparison.Ordinal));
    }

    [Theory, ClassData(typeof(EveryTransport))]
    public async Task K19_first_signal_ends_gracefully_and_K20_second_one_at_once(string transport)
    {
        await using var origin = new HeldOrigin();
        await using var edge = await TestEdge.StartAsync();
        var (credentials, hostname) = edge.AddTunnel();
        await using var process = await ConnectorProcess.StartAsync(
            edge, credentials, transport, origin.Address, "--grace-period", "2m");
        using var visitor = edge.CreateVisitor(hostname);
        var open = visitor.GetAsync("/");
        await origin.ArrivedAsync(1);

        await process.InterruptAsync();
        await process.Errors.WaitForAsync("Initiating graceful shutdown due to signal interrupt ...");
        await Deadline.UntilAsync(() => edge.Connections(hostname) is [{ IsDraining: true }], "it was unregistered");
        await process.TerminateAsync();

        Assert.Equal(128 + 15, await process.ExitAsync());
        using var cut = await open;
        Assert.Equal(530, (int)cut.StatusCode);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Signal_ends_the_edge_node_with_success(bool interrupt)
    {
        var data = Directory.CreateTempSubdirectory("culvert-edge-");
        try
        {
            await using var edge = CulvertProcess.Start(EdgeArguments(data));
            await edge.Errors.WaitForAsync("Edge node is listening");

            await (interrupt ? edge.InterruptAsync() : edge.TerminateAsync());

            Assert.Equal(0, await edge.ExitAsync());
        }
        finally
        {
            data.Delete(recursive: true);
        }
    }

    internal static string[] EdgeArguments(DirectoryInfo data) =>
    [
        "edge", "--data", data.FullName, "--listen", "127.0.0.1:0", "--listen-connectors", "127.0.0.1:0", "--listen-api",
        "127.0.0.1:0",
    ];
}
