using System.Globalization;
using System.Net.Sockets;
using System.Text;

namespace Culvert.EndToEnd.Tests.CommandLine;

/// <summary>Whoever started a process learns that it serves: systemd, and the file of <c>--pidfile</c>.</summary>
public sealed class ReadinessTests : IDisposable
{
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("culvert-ready-");
    private readonly Socket _systemd = new(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);

    public ReadinessTests() => _systemd.Bind(new UnixDomainSocketEndPoint(NotifySocket));

    private string NotifySocket => Path.Combine(_directory.FullName, "notify");

    private string PidFile => Path.Combine(_directory.FullName, "pid");

    [Fact]
    public async Task K21_connector_tells_after_its_first_registration()
    {
        await using var edge = await TestEdge.StartAsync();
        var (credentials, hostname) = edge.AddTunnel();
        await using var process = CulvertProcess.StartWith(
            "NOTIFY_SOCKET", NotifySocket,
            "tunnel", "run", "--token", Transports.Credentials.TunnelToken.Format(credentials), "--edge",
            edge.Node.ConnectorEndPoint.ToString(), "--cacert", edge.AuthorityFile, "--url", "localhost:1", "--pidfile", PidFile);

        Assert.Equal("READY=1", await ReceiveAsync());
        Assert.Single(edge.Connections(hostname));
        await AssertStopsAsync(process);
    }

    [Fact]
    public async Task Edge_node_tells_when_it_listens()
    {
        await using var process = CulvertProcess.StartWith(
            "NOTIFY_SOCKET", NotifySocket, [.. ExitCodeTests.EdgeArguments(_directory), "--pidfile", PidFile]);

        Assert.Equal("READY=1", await ReceiveAsync());
        await AssertStopsAsync(process);
    }

    [Fact]
    public async Task Nothing_is_told_before_a_registration()
    {
        await using var process = CulvertProcess.StartWith(
            "NOTIFY_SOCKET", NotifySocket,
            "tunnel", "run", "--token", Transports.Credentials.TunnelToken.Format(
                new Transports.Credentials.TunnelCredentials("a", Guid.NewGuid(), Pattern.Bytes(0, 32))),
            "--edge", RawOrigin.NobodysAddress.Authority, "--url", "localhost:1", "--pidfile", PidFile);
        await process.Errors.WaitForAsync("Retrying connection");
        await process.TerminateAsync();
        Assert.Equal(0, await process.ExitAsync());

        Assert.Equal("STOPPING=1", await ReceiveAsync());
        Assert.False(File.Exists(PidFile));
    }

    public void Dispose()
    {
        _systemd.Dispose();
        _directory.Delete(recursive: true);
    }

    private async Task AssertStopsAsync(CulvertProcess process)
    {
        var id = process.Id.ToString(CultureInfo.InvariantCulture);
        await Deadline.UntilAsync(() => File.Exists(PidFile) && File.ReadAllText(PidFile) == id, "the process id");
        await process.TerminateAsync();
        Assert.Equal("STOPPING=1", await ReceiveAsync());
        Assert.Equal(0, await process.ExitAsync());
    }

    private async Task<string> ReceiveAsync()
    {
        var buffer = new byte[64];
        var length = await _systemd.ReceiveAsync(buffer).InTime();
        return Encoding.ASCII.GetString(buffer, 0, length);
    }
}
