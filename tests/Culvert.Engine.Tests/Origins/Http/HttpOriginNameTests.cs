using System.Collections.Concurrent;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Text;
using Culvert.Engine.Origins;
using Culvert.Engine.Origins.Http;
using Culvert.Engine.Tests.Fixtures;
using Culvert.Ingress.OriginRequests;

namespace Culvert.Engine.Tests.Origins.Http;

/// <summary>Which name an origin is asked for and has to prove (http2-and-proxy, sections 5.1 and 5.2; C-43).</summary>
public sealed class HttpOriginNameTests : IDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(20);

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("culvert");
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly ConcurrentQueue<string> _asked = new();

    public HttpOriginNameTests() => _listener.Start();

    [Theory]
    [InlineData("localhost", "", false, "localhost")]
    [InlineData("service.test", "service.test", false, "service.test")]
    [InlineData("demo.example", "", true, "demo.example")]
    [InlineData("demo.example", "service.test", true, "demo.example")]
    public async Task C43_name_is_asked_for_and_verified(string certificate, string serverName, bool match, string asked)
    {
        using var shown = new TestCertificate(certificate);
        await using var origin = Create(
            shown, OriginRequest.Default with { OriginServerName = serverName, MatchSniToHost = match });
        var answering = AnswerAsync(shown, connections: 1);
        Assert.Equal("200", await AskAsync(origin, "demo.example:8443"));
        await origin.DisposeAsync();
        await answering.WaitAsync(Limit);
        Assert.Equal([asked], _asked.ToArray());
    }

    [Fact]
    public async Task C43_certificate_for_another_name_is_refused_unless_nothing_is_verified()
    {
        using var shown = new TestCertificate("other.test");
        await using var origin = Create(shown, OriginRequest.Default);
        var answering = AnswerAsync(shown, connections: 2);
        await Assert.ThrowsAsync<OriginException>(() => AskAsync(origin, "demo.example"));
        await using var careless = Create(shown, OriginRequest.Default with { NoTlsVerify = true });
        Assert.Equal("200", await AskAsync(careless, "demo.example"));
        await careless.DisposeAsync();
        await answering.WaitAsync(Limit);
    }

    [Fact]
    public async Task Connection_opened_for_one_host_is_not_used_for_another()
    {
        using var shown = new TestCertificate("*.demo.example");
        await using var origin = Create(shown, OriginRequest.Default with { MatchSniToHost = true });
        var answering = AnswerAsync(shown, connections: 2);
        foreach (var host in new[] { "a.demo.example", "b.demo.example", "a.demo.example:8443", "b.demo.example" })
        {
            Assert.Equal("200", await AskAsync(origin, host));
        }

        Assert.Equal(2, origin.IdleConnections);
        await origin.DisposeAsync();
        await answering.WaitAsync(Limit);
        Assert.Equal(["a.demo.example", "b.demo.example"], _asked.ToArray());
    }

    [Fact]
    public async Task Replaced_host_is_the_one_that_is_matched()
    {
        using var shown = new TestCertificate("inner.example");
        await using var origin = Create(
            shown, OriginRequest.Default with { MatchSniToHost = true, HttpHostHeader = "inner.example:1" });
        var answering = AnswerAsync(shown, connections: 1);
        Assert.Equal("200", await AskAsync(origin, "a.example"));
        Assert.Equal("200", await AskAsync(origin, "b.example"));
        await origin.DisposeAsync();
        await answering.WaitAsync(Limit);
        Assert.Equal(["inner.example"], _asked.ToArray());
    }

    [Fact]
    public void File_of_certificates_that_cannot_be_read_fails_at_the_start()
    {
        var settings = OriginRequest.Default with { CaPool = Path.Combine(_folder.FullName, "none.pem") };

        var error = Assert.Throws<IOException>(() => new HttpOrigin(new Uri("https://localhost"), settings));
        Assert.StartsWith(
            $"Error loading cert pool: unable to read the file {settings.CaPool} for --origin-ca-pool: ", error.Message);
    }

    public void Dispose()
    {
        _listener.Dispose();
        _folder.Delete(recursive: true);
    }

    private HttpOrigin Create(TestCertificate trusted, OriginRequest settings) => new(
        new Uri($"wss://localhost:{((IPEndPoint)_listener.LocalEndpoint).Port}"),
        settings with { CaPool = trusted.WritePem(_folder.FullName), NoHappyEyeballs = true });

    private static async Task<string> AskAsync(HttpOrigin origin, string host)
    {
        using var stream = new FakeEdgeStream(authority: host);
        await origin.ServeAsync(stream, default).AsTask().WaitAsync(Limit);
        return stream.Head![0];
    }

    private async Task AnswerAsync(TestCertificate certificate, int connections)
    {
        var answers = new List<Task>();
        for (var i = 0; i < connections; i++)
        {
            answers.Add(AnswerAsync(certificate, await _listener.AcceptTcpClientAsync()));
        }

        await Task.WhenAll(answers);
    }

    private async Task AnswerAsync(TestCertificate certificate, TcpClient client)
    {
        using (client)
        {
            try
            {
                using var tls = new SslStream(client.GetStream());
                await tls.AuthenticateAsServerAsync(
                    new SslServerAuthenticationOptions { ServerCertificate = certificate.Certificate });
                using var reader = new StreamReader(tls, Encoding.Latin1, leaveOpen: true);
                while (await reader.ReadLineAsync() is { Length: > 0 })
                {
                    while (await reader.ReadLineAsync() is { Length: > 0 })
                    {
                    }

                    if (!_asked.Contains(tls.TargetHostName))
                    {
                        _asked.Enqueue(tls.TargetHostName);
                    }

                    await tls.WriteAsync("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"u8.ToArray());
                }
            }
            catch (Exception e) when (e is IOException or System.Security.Authentication.AuthenticationException)
            {
                // The client refused the certificate, or has closed.
            }
        }
    }
}
