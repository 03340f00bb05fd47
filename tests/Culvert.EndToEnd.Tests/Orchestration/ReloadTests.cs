using System.Text;
using Culvert.Transports.Credentials;

namespace Culvert.EndToEnd.Tests.Orchestration;

/// <summary>
/// <c>culvert tunnel run</c> whose configuration file changes, and <c>culvert edge</c> whose tunnels' files do.
/// </summary>
/// <remarks>Rows C03 and C04 of ingress-and-config, section 11.10, with rules in place of forwarders.</remarks>
public sealed class ReloadTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("culvert-reload-");

    [Theory, ClassData(typeof(EveryTransport))]
    public async Task Rules_of_a_file_that_changes_are_in_force_and_a_bad_file_changes_nothing(string transport)
    {
        await using var edge = await TestEdge.StartAsync();
        var (credentials, hostname) = edge.AddTunnel();
        Write("config.yml", Status(418));
        await using var process = await RunAsync(edge, credentials, transport);
        using var visitor = edge.CreateVisitor(hostname);
        Assert.Equal(418, await StatusAsync(visitor));

        // Watched, without being asked.
        Write("config.yml", Status(410) + "\nloglevel: debug\n");
        await UntilStatusAsync(visitor, 410);
        Assert.Contains(PathOf("config.yml"), await process.Errors.WaitForAsync("has been updated"), StringComparison.Ordinal);
        Assert.Contains(
            "settings=loglevel", await process.Errors.WaitForAsync("take effect at the next start only"),
            StringComparison.Ordinal);

        await RefusedAsync(process, "ingress: [", "config.yml: yaml: line ");
        await RefusedAsync(
            process, "ingress:\n  - service: http_status:200\n    path: a(b\n  - service: http_status:404",
            "config.yml: line 2, column 5: Rule #1 has an invalid regex");
        await RefusedAsync(
            process, "ingress:\n  - service: https://a\n    originRequest:\n      caPool: /nonexistent/ca.pem",
            "failed to start origin: Error loading cert pool");
        await RefusedAsync(process, "", "is empty");
        Assert.Equal(410, await StatusAsync(visitor));

        // Replaced by another file, as editors do.
        Write("next.yml", Status(451));
        File.Move(PathOf("next.yml"), PathOf("config.yml"), overwrite: true);
        await process.HangUpAsync();
        await UntilStatusAsync(visitor, 451);

        // What the edge says counts more from now on.
        edge.Node.Tunnels.Find(hostname)!.Configure(
            Encoding.UTF8.GetBytes("""{"ingress":[{"service":"http_status:403"}]}"""), DateTimeOffset.UtcNow);
        await process.Errors.WaitForAsync("Updated to new configuration");
        Write("config.yml", Status(418));
        await process.HangUpAsync();
        await process.Errors.WaitForAsync("the configuration of the edge stays in force");
        Assert.Equal(403, await StatusAsync(visitor));
        await process.TerminateAsync();
        Assert.Equal(0, await process.ExitAsync());
    }

    [Fact]
    public async Task Link_that_is_swapped_is_noticed()
    {
        await using var edge = await TestEdge.StartAsync();
        var (credentials, hostname) = edge.AddTunnel();
        Write("..1/config.yml", Status(418));
        Write("..2/config.yml", Status(410) + "\n");
        Directory.CreateSymbolicLink(PathOf("..data"), "..1");
        File.CreateSymbolicLink(PathOf("config.yml"), "..data/config.yml");
        await using var process = await RunAsync(edge, credentials, "http2");
        using var visitor = edge.CreateVisitor(hostname);
        Assert.Equal(418, await StatusAsync(visitor));
        Directory.CreateSymbolicLink(PathOf("..data_tmp"), "..2");
        using (var move = System.Diagnostics.Process.Start("mv", ["-T", PathOf("..data_tmp"), PathOf("..data")]))
        {
            await move.WaitForExitAsync().InTime();
        }

        await process.Errors.WaitForAsync("Configuration file has been updated");
        Assert.Equal(410, await StatusAsync(visitor));
    }

    [Fact]
    public async Task Edge_gives_tunnels_what_their_files_say()
    {
        var credentials = new TunnelCredentials("acct", Guid.NewGuid(), Pattern.Bytes(0, 32));
        Write("tunnels/app.example.json", """{"ingress":[{"service":"http_status:418"}]}""");
        await using var edge = CulvertProcess.Start(
            "edge", "--listen", "127.0.0.1:0", "--listen-connectors", "127.0.0.1:0", "--listen-api", "127.0.0.1:0",
            "--data", PathOf("data"), "--tunnel", $"app.example={TunnelToken.Format(credentials)}",
            "--tunnel-config-dir", PathOf("tunnels"));
        var addresses = await edge.Errors.WaitForAsync("Edge node is listening");
        await using var connector = CulvertProcess.Start(
            "tunnel", "run", "--token", TunnelToken.Format(credentials), "--edge", Field(addresses, "connectors"),
            "--cacert", Path.Combine(PathOf("data"), "ca.pem"), "--protocol", "http2", "--url", "localhost:1");
        await edge.Errors.WaitForAsync("Connector runs the configuration");
        using var visitor = new HttpClient { BaseAddress = new Uri($"http://{Field(addresses, "visitors")}") };
        visitor.DefaultRequestHeaders.Host = "app.example";
        Assert.Equal(418, await StatusAsync(visitor));

        Write("tunnels/app.example.json", """{"ingress":[{"service":"nonsense:"}]}""");
        await edge.HangUpAsync();
        Assert.Contains(
            "app.example.json", await edge.Errors.WaitForAsync("Tunnel configuration is not valid"), StringComparison.Ordinal);
        Assert.Equal(418, await StatusAsync(visitor));

        Write("tunnels/app.example.json", """{"ingress":[{"service":"http_status:410"}]}""");
        await edge.Errors.WaitForAsync("Connector runs the configuration", times: 2);
        Assert.Equal(410, await StatusAsync(visitor));
        await edge.TerminateAsync();
        Assert.Equal(0, await edge.ExitAsync());
    }

    public void Dispose() => _folder.Delete(recursive: true);

    private static string Status(int status) => $"ingress:\n  - service: http_status:{status}";

    private static string Field(string line, string name)
    {
        var start = line.IndexOf(name + "=", StringComparison.Ordinal) + name.Length + 1;
        return line[start..].Split(' ')[0];
    }

    private static async Task<int> StatusAsync(HttpClient visitor)
    {
        using var response = await visitor.GetAsync("/").InTime();
        return (int)response.StatusCode;
    }

    // Noticed or asked for, whichever comes first: the error of each file is another one.
    private async Task RefusedAsync(CulvertProcess process, string yaml, string error)
    {
        Write("config.yml", yaml);
        await process.HangUpAsync();
        var line = await process.Errors.WaitForAsync(error);
        Assert.Contains("ERR Failed to read new config, the old one stays in force", line, StringComparison.Ordinal);
    }

    private static async Task UntilStatusAsync(HttpClient visitor, int status)
    {
        using var limit = new CancellationTokenSource(Deadline.Limit);
        while (await StatusAsync(visitor) != status)
        {
            await Task.Delay(20, limit.Token);
        }
    }

    private async Task<CulvertProcess> RunAsync(TestEdge edge, TunnelCredentials credentials, string transport)
    {
        var process = CulvertProcess.Start(
            "tunnel", "--config", PathOf("config.yml"), "--edge", edge.Node.ConnectorEndPoint.ToString(),
            "--cacert", edge.AuthorityFile, "--protocol", transport, "run", "--token", TunnelToken.Format(credentials));
        await process.Errors.WaitForAsync("Registered tunnel connection");
        return process;
    }

    private void Write(string file, string content)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(PathOf(file))!);
        File.WriteAllText(PathOf(file), content);
    }

    private string PathOf(string name) => Path.Combine(_folder.FullName, name);
}
