using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using Culvert.Edge.Certificates;
using Culvert.Transports.Credentials;

namespace Culvert.EndToEnd.Tests.Lifecycle;

/// <summary><c>culvert edge</c> whose certificate for connectors is replaced while it runs.</summary>
public sealed class EdgeCertificateTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("culvert-edge-");

    [Theory, ClassData(typeof(EveryTransport))]
    public async Task Pair_that_is_replaced_is_shown_and_a_bad_one_changes_nothing(string transport)
    {
        var credentials = new TunnelCredentials("acct", Guid.NewGuid(), Pattern.Bytes(0, 32));
        await using var edge = CulvertProcess.Start(
            "edge", "--listen", "127.0.0.1:0", "--listen-connectors", "127.0.0.1:0", "--listen-api", "127.0.0.1:0",
            "--data", PathOf("data"), "--tunnel", $"app.example={TunnelToken.Format(credentials)}");
        var line = await edge.Errors.WaitForAsync("Edge node is listening");
        var address = IPEndPoint.Parse(line[(line.IndexOf("connectors=", StringComparison.Ordinal) + 11)..].Split(' ')[0]);
        await using var early = await ConnectAsync(address, credentials, transport, PathOf("data/ca.pem"));
        var before = await ShownAsync(address);

        // Of another authority, so that whoever trusts that one alone can only be shown this one.
        using var other = EdgeCertificates.LoadOrCreate(PathOf("other"), DateTimeOffset.UtcNow);
        Assert.NotEqual(before, other.Server.Thumbprint);
        foreach (var name in new[] { "edge-key.pem", "edge.pem" })
        {
            File.Copy(PathOf($"other/{name}"), PathOf($"data/{name}"), overwrite: true);
        }

        Assert.Contains(
            other.Server.Thumbprint, await edge.Errors.WaitForAsync("Connectors are shown the certificate"),
            StringComparison.Ordinal);
        Assert.Equal(other.Server.Thumbprint, await ShownAsync(address));
        await using (await ConnectAsync(address, credentials, transport, PathOf("other/ca.pem")))
        {
            await File.WriteAllTextAsync(PathOf("data/edge.pem"), "damaged");
            await edge.HangUpAsync();
            Assert.Contains(
                "edge.pem", await edge.Errors.WaitForAsync("is not valid, the old one stays"), StringComparison.Ordinal);
        }

        Assert.Equal(other.Server.Thumbprint, await ShownAsync(address));
        await using var late = await ConnectAsync(address, credentials, transport, PathOf("other/ca.pem"));
        Assert.DoesNotContain(early.Errors.Lines, text => text.Contains("Lost connection", StringComparison.Ordinal));
        await edge.TerminateAsync();
        Assert.Equal(0, await edge.ExitAsync());
    }

    public void Dispose() => _folder.Delete(recursive: true);

    private static async Task<CulvertProcess> ConnectAsync(
        IPEndPoint edge, TunnelCredentials credentials, string transport, string authority)
    {
        var process = CulvertProcess.Start(
            "tunnel", "run", "--token", TunnelToken.Format(credentials), "--edge", edge.ToString(), "--cacert", authority,
            "--protocol", transport, "--url", "localhost:1");
        await process.Errors.WaitForAsync("Registered tunnel connection");
        return process;
    }

    private static async Task<string> ShownAsync(IPEndPoint edge)
    {
        using var client = new TcpClient();
        await client.ConnectAsync(edge);
        string? shown = null;
        await using var tls = new SslStream(client.GetStream(), false, (_, certificate, _, _) =>
        {
            shown = ((X509Certificate2)certificate!).Thumbprint;
            return shown.Length > 0;
        });
        await tls.AuthenticateAsClientAsync("h2.cftunnel.com").InTime();
        return shown!;
    }

    private string PathOf(string name) => Path.Combine(_folder.FullName, name);
}
