using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using Culvert.Tests.Fixtures;
using Culvert.Transports.Connections;
using Culvert.Transports.Http2.ConnectorRole;
using Culvert.Transports.Http2.Tests.Fixtures;
using Culvert.Transports.Tls;

namespace Culvert.Transports.Http2.Tests.ConnectorRole;

/// <summary>Dialling and TLS (http2-and-proxy, section 1.1).</summary>
public sealed class Http2EdgeDialerTests : IAsyncLifetime
{
    private static readonly TimeSpan ConnectLimit = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan HandshakeLimit = TimeSpan.FromSeconds(15);

    private readonly FakeTime _time = new();
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private Http2EdgeDialer _dialer = null!;

    private IPEndPoint Address => (IPEndPoint)_listener.LocalEndpoint;

    public Task InitializeAsync()
    {
        _listener.Start();
        _dialer = new Http2EdgeDialer(EdgeTrust.Only(Dialled.Certificate), null, _time);
        return Task.CompletedTask;
    }

    [Fact]
    public async Task Edge_is_asked_for_by_its_name_and_without_ALPN()
    {
        var dialling = _dialer.DialAsync(Address, 3, default);
        await using var edge = new SslStream(new NetworkStream(await _listener.AcceptSocketAsync(), ownsSocket: true));
        var offered = "";
        await edge.AuthenticateAsServerAsync(new SslServerAuthenticationOptions
        {
            ServerCertificateSelectionCallback = (_, name) =>
            {
                offered = name;
                return Dialled.Certificate;
            },
            ApplicationProtocols = [SslApplicationProtocol.Http2],
        });
        await using var connection = await dialling.WaitAsync(Dialled.Limit);

        Assert.Equal("h2.cftunnel.com", offered);
        Assert.True(edge.NegotiatedApplicationProtocol.Protocol.IsEmpty);
        Assert.Equal(((byte)3, "http2", Address), (connection.Index, connection.Protocol, connection.RemoteEndPoint));
        Assert.Equal(IPAddress.Loopback, connection.ReportedAddress);
    }

    // No socket may be bound to an address of another machine: a failure that comes before anybody looks whether the dial was
    // given up.
    [Fact]
    public async Task Dial_that_fails_just_when_it_is_given_up_is_a_failed_dial_too()
    {
        await using var dialer = new Http2EdgeDialer(EdgeTrust.Only(Dialled.Certificate), IPAddress.Parse("192.0.2.1"), _time);
        await Assert.ThrowsAsync<EdgeDialException>(() => dialer.DialAsync(Address, 0, default));

        await Assert.ThrowsAsync<EdgeDialException>(() => dialer.DialAsync(Address, 0, new CancellationToken(canceled: true)));
    }

    [Fact]
    public async Task Edge_with_another_name_is_not_trusted()
    {
        using var certificate = Dialled.CreateCertificate("example.com");
        await using var dialer = new Http2EdgeDialer(EdgeTrust.Only(certificate));
        await AssertNotTrustedAsync(dialer, certificate);
    }

    [Fact]
    public async Task Edge_of_another_authority_is_not_trusted()
    {
        using var certificate = Dialled.CreateCertificate(EdgeServerNames.Http2);
        await AssertNotTrustedAsync(_dialer, certificate);
    }

    [Fact]
    public async Task Edge_that_is_down_is_a_dial_error()
    {
        _listener.Stop();
        using var free = new TcpListener(IPAddress.Loopback, 0);
        free.Start();
        var address = (IPEndPoint)free.LocalEndpoint;
        free.Stop();

        var e = await Assert.ThrowsAsync<EdgeDialException>(() => _dialer.DialAsync(address, 0, default));
        Assert.StartsWith($"DialContext error: dial tcp {address}: ", e.Message);
    }

    // As where the kernel has no IPv6, or the process no descriptor left.
    [Fact]
    public async Task Socket_that_the_system_does_not_give_is_a_dial_error()
    {
        var address = new NoAddress();

        await Assert.ThrowsAsync<EdgeDialException>(() => _dialer.DialAsync(address, 0, default));
        await Assert.ThrowsAsync<EdgeDialException>(() => _dialer.ProbeAsync(address, default));
    }

    [Fact]
    public async Task Edge_that_does_not_shake_hands_is_given_up_after_15_seconds()
    {
        var dialling = _dialer.DialAsync(Address, 0, default);
        using var silent = await _listener.AcceptSocketAsync();
        await _time.WaitBegunAsync(ConnectLimit);
        await _time.WaitBegunAsync(HandshakeLimit);
        _time.Advance(HandshakeLimit);

        var e = await Assert.ThrowsAsync<EdgeDialException>(() => dialling.WaitAsync(Dialled.Limit));
        Assert.Equal($"TLS handshake with edge error: {Address}: no answer within 15 s", e.Message);
    }

    [Fact]
    public async Task Dial_that_is_given_up_is_cancelled()
    {
        using var given = new CancellationTokenSource();
        var dialling = _dialer.DialAsync(Address, 0, given.Token);
        using var silent = await _listener.AcceptSocketAsync();
        await given.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => dialling.WaitAsync(Dialled.Limit));
    }

    public async Task DisposeAsync()
    {
        _listener.Dispose();
        await _dialer.DisposeAsync();
    }

    private sealed class NoAddress() : IPEndPoint(IPAddress.Loopback, 1)
    {
        public override AddressFamily AddressFamily => AddressFamily.Ecma;
    }

    private async Task AssertNotTrustedAsync(
        Http2EdgeDialer dialer, System.Security.Cryptography.X509Certificates.X509Certificate2 certificate)
    {
        var dialling = dialer.DialAsync(Address, 0, default);
        await using var edge = new SslStream(new NetworkStream(await _listener.AcceptSocketAsync(), ownsSocket: true));
        _ = await Record.ExceptionAsync(() => edge.AuthenticateAsServerAsync(certificate));

        var e = await Assert.ThrowsAsync<EdgeDialException>(() => dialling.WaitAsync(Dialled.Limit));
        Assert.StartsWith($"TLS handshake with edge error: {Address}: ", e.Message);
    }
}
