using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Culvert.Engine.Origins;
using Culvert.Engine.Origins.Http;
using Culvert.Engine.Tests.Fixtures;
using Culvert.Ingress.OriginRequests;
using Culvert.Tests.Fixtures;

namespace Culvert.Engine.Tests.Origins.Http;

/// <summary>Origins behind TLS (http2-and-proxy, section 5.2).</summary>
public sealed class HttpOriginTlsTests : IDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(20);

    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly X509Certificate2 _certificate = CreateCertificate();

    public HttpOriginTlsTests() => _listener.Start();

    [Theory]
    [InlineData("localhost", "localhost")]
    [InlineData("127.0.0.1", "")]
    public async Task Name_of_the_service_is_asked_for_and_the_connection_is_kept(string host, string name)
    {
        await using var origin = new HttpOrigin(
            Address(host), OriginRequest.Default with { NoTlsVerify = true });
        var body = new string('b', 100_000);
        var answering = AnswerAsync($"HTTP/1.1 200 OK\r\nContent-Length: {body.Length}\r\n\r\n{body}", times: 3);
        for (var i = 0; i < 3; i++)
        {
            using var stream = new FakeEdgeStream();
            await origin.ServeAsync(stream, default).AsTask().WaitAsync(Limit);
            Assert.Equal(body, await stream.ReadToEndAsync());
        }

        var (sni, protocol, alpn) = await answering.WaitAsync(Limit);
        Assert.Equal((name, true, ""), (sni, protocol is SslProtocols.Tls12 or SslProtocols.Tls13, alpn));
    }

    [Theory]
    [InlineData("G03", "https")]
    [InlineData("G03", "http")]
    [InlineData("G03", "dne")]
    public async Task Scheme_of_the_visitor_changes_nothing(string row, string scheme)
    {
        await using var origin = new HttpOrigin(Address("localhost"), OriginRequest.Default with { NoTlsVerify = true });
        var heads = new List<string>();
        var answering = AnswerAsync("HTTP/1.1 204 No Content\r\n\r\n", times: 1, heads);
        using var stream = new FakeEdgeStream();
        stream.Request.Headers.Add("x-forwarded-proto", scheme);
        await origin.ServeAsync(stream, default).AsTask().WaitAsync(Limit);
        var (_, protocol, _) = await answering.WaitAsync(Limit);

        Assert.True(protocol is SslProtocols.Tls12 or SslProtocols.Tls13);
        Assert.Equal(
            (row, $"x-forwarded-proto: {scheme}"),
            (row, Assert.Single(heads, line => line.StartsWith("x-forwarded-proto", StringComparison.OrdinalIgnoreCase))));
    }

    [Fact]
    public async Task Certificate_that_nobody_vouches_for_is_an_origin_failure()
    {
        await using var origin = new HttpOrigin(Address("localhost"));
        var answering = AnswerAsync("HTTP/1.1 200 OK\r\n\r\n", times: 1);
        using var stream = new FakeEdgeStream();

        await Assert.ThrowsAsync<OriginException>(() => origin.ServeAsync(stream, default).AsTask().WaitAsync(Limit));
        await Record.ExceptionAsync(() => answering.WaitAsync(Limit));
    }

    [Fact]
    public async Task Handshake_that_does_not_come_is_given_up_after_ten_seconds()
    {
        var time = new FakeTime();
        await using var origin = new HttpOrigin(Address("localhost"), time: time);
        using var stream = new FakeEdgeStream();
        var serving = origin.ServeAsync(stream, default).AsTask();
        using var peer = await _listener.AcceptTcpClientAsync();
        await time.WaitBegunAsync(TimeSpan.FromSeconds(10));
        time.Advance(TimeSpan.FromSeconds(10));

        var error = await Assert.ThrowsAsync<OriginException>(() => serving.WaitAsync(Limit));
        Assert.Contains("TLS handshake timeout", error.Message);
    }

    [Fact]
    public async Task Edge_that_gives_up_ends_the_handshake()
    {
        await using var origin = new HttpOrigin(Address("localhost"));
        using var stream = new FakeEdgeStream();
        using var given = new CancellationTokenSource();
        var serving = origin.ServeAsync(stream, given.Token).AsTask();
        using var peer = await _listener.AcceptTcpClientAsync();
        await given.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => serving.WaitAsync(Limit));
    }

    public void Dispose()
    {
        _listener.Dispose();
        _certificate.Dispose();
    }

    private Uri Address(string host) => new($"https://{host}:{((IPEndPoint)_listener.LocalEndpoint).Port}");

    private async Task<(string Sni, SslProtocols Protocol, string Alpn)> AnswerAsync(
        string response, int times, List<string>? heads = null)
    {
        using var client = await _listener.AcceptTcpClientAsync();
        using var tls = new SslStream(client.GetStream());
        await tls.AuthenticateAsServerAsync(new SslServerAuthenticationOptions { ServerCertificate = _certificate });
        using var reader = new StreamReader(tls, Encoding.Latin1, leaveOpen: true);
        for (var i = 0; i < times; i++)
        {
            while (await reader.ReadLineAsync() is { Length: > 0 } line)
            {
                heads?.Add(line);
            }

            await tls.WriteAsync(Encoding.Latin1.GetBytes(response));
        }

        return (tls.TargetHostName, tls.SslProtocol, tls.NegotiatedApplicationProtocol.ToString());
    }

    private static X509Certificate2 CreateCertificate()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256);
        return request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
    }
}
