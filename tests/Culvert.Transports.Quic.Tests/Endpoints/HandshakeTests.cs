using System.Net;
using System.Net.Sockets;

namespace Culvert.Transports.Quic.Tests.Endpoints;

[Trait("Category", "Functional")]
public sealed class HandshakeTests : FunctionalTest
{
    [Fact]
    public async Task BothSidesKnowProtocolAddressesAndGroup()
    {
        await using var pair = await QuicPair.CreateAsync(cancellationToken: Token);
        Assert.Equal(QuicPair.Protocol, pair.Client.ApplicationProtocol);
        Assert.Equal(QuicPair.Protocol, pair.Server.ApplicationProtocol);
        Assert.Equal(pair.Client.LocalEndPoint, pair.Server.RemoteEndPoint);
        Assert.Equal(pair.Listener.LocalEndPoint, pair.Client.RemoteEndPoint);
        Assert.NotEqual("", pair.Client.KeyExchangeGroup);
        Assert.Equal(pair.Client.KeyExchangeGroup, pair.Server.KeyExchangeGroup);
    }

    [Theory]
    [InlineData("name", "the name does not match")]
    [InlineData("root", "its issuer is unknown")]
    [InlineData("expired", "it has expired")]
    public async Task ABadCertificateIsRefused_AndTheReasonSaysWhy(string fault, string text)
    {
        var serving = fault == "expired" ? TestCertificates.Expired : TestCertificates.Server;
        var error = await Assert.ThrowsAsync<QuicConnectionException>(() => QuicPair.CreateAsync(
            server => server with { CertificatePem = serving.CertificatePem, PrivateKeyPem = serving.KeyPem },
            client => client with
            {
                ServerName = fault == "name" ? "other.example" : TestCertificates.Name,
                TrustedRootsPem = fault == "root" ? TestCertificates.Expired.RootPem : serving.RootPem,
            },
            Token));
        Assert.Equal(QuicCloseKind.Transport, error.Reason.Kind);
        Assert.False(error.Reason.IsRemote);
        Assert.InRange(error.Reason.ErrorCode, 0x100u, 0x1ffu);
        Assert.Contains(text, error.Reason.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task ACertificateThatIsReplacedIsShownToNewClients_AndOpenConnectionsStay()
    {
        await using var pair = await QuicPair.CreateAsync(cancellationToken: Token);
        var other = TestCertificates.Other;
        pair.Listener.Present(other.CertificatePem, other.KeyPem);
        var trusting = QuicPair.ClientOptions with { TrustedRootsPem = other.RootPem };
        await using (await QuicClient.ConnectAsync(pair.Listener.LocalEndPoint, trusting, Token))
        {
            await Assert.ThrowsAsync<QuicConnectionException>(
                async () => await QuicClient.ConnectAsync(pair.Listener.LocalEndPoint, QuicPair.ClientOptions, Token));
        }
        Assert.Throws<ArgumentException>(() => pair.Listener.Present(other.CertificatePem, TestCertificates.Server.KeyPem));
        Assert.Throws<ArgumentException>(() => pair.Listener.Present("none", other.KeyPem));
        await using (await QuicClient.ConnectAsync(pair.Listener.LocalEndPoint, trusting, Token))
        {
            var (near, far) = await OpenAsync(pair.Client, pair.Server);
            await near.DisposeAsync();
            await far.DisposeAsync();
        }
        await pair.Listener.DisposeAsync();
        pair.Listener.Present(other.CertificatePem, other.KeyPem);
    }

    [Fact]
    public async Task AnUnknownProtocolIsRefused_WithAlert120()
    {
        var error = await Assert.ThrowsAsync<QuicConnectionException>(() => QuicPair.CreateAsync(
            client: client => client with { ApplicationProtocols = ["other"] }, cancellationToken: Token));
        Assert.Equal(0x178u, error.Reason.ErrorCode);
        Assert.True(error.Reason.IsRemote);
    }

    [Fact]
    public async Task TheSystemsRootsDoNotHelpAPrivateCertificate()
    {
        var error = await Assert.ThrowsAsync<QuicConnectionException>(() => QuicPair.CreateAsync(
            client: client => client with { TrustedRootsPem = null, TrustSystemRoots = true }, cancellationToken: Token));
        Assert.Contains("its issuer is unknown", error.Reason.Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(100, 10_000, QuicCloseKind.IdleTimeout)]
    [InlineData(10_000, 100, QuicCloseKind.HandshakeTimeout)]
    public async Task ASilentServerIsGivenUp(int idle, int total, QuicCloseKind kind)
    {
        using var silent = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        silent.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        var options = QuicPair.ClientOptions;
        var error = await Assert.ThrowsAsync<QuicConnectionException>(async () => await QuicClient.ConnectAsync(
            (IPEndPoint)silent.LocalEndPoint!, options with
            {
                Transport = options.Transport with
                {
                    HandshakeIdleTimeout = TimeSpan.FromMilliseconds(idle),
                    HandshakeTimeout = TimeSpan.FromMilliseconds(total),
                },
            }, Token));
        Assert.Equal(kind, error.Reason.Kind);
    }

    [Fact]
    public async Task ConnectingCanBeGivenUp()
    {
        using var silent = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        silent.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        using var giveUp = new CancellationTokenSource();
        var connecting = QuicClient.ConnectAsync((IPEndPoint)silent.LocalEndPoint!, QuicPair.ClientOptions,
            giveUp.Token).AsTask();
        await silent.ReceiveAsync(new byte[2048], Token);
        await giveUp.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => connecting);
    }

    [Fact]
    public async Task ALocalPortCanBeChosen_AndUsedAgainAfterTheClose()
    {
        await using var listener = await QuicListener.BindAsync(QuicPair.ServerOptions, Token);
        var first = await QuicClient.ConnectAsync(listener.LocalEndPoint, QuicPair.ClientOptions, Token);
        var port = first.LocalEndPoint.Port;
        var options = QuicPair.ClientOptions with { LocalPort = port, LocalAddress = IPAddress.Loopback };
        await Assert.ThrowsAsync<SocketException>(async () => await QuicClient.ConnectAsync(listener.LocalEndPoint, options,
            Token));
        await first.CloseAsync();
        await using var second = await QuicClient.ConnectAsync(listener.LocalEndPoint, options, Token);
        Assert.Equal(port, second.LocalEndPoint.Port);
    }

    [Theory]
    [InlineData(false, false)]
    [InlineData(true, false)]
    [InlineData(false, true)]
    public async Task OtherWaysToTheKernelWorkToo(bool portable, bool noOffload)
    {
        await using var pair = await QuicPair.CreateAsync(
            server => server with
            {
                Transport = server.Transport with
                {
                    PortableSocket = portable,
                    SegmentationOffload = !noOffload
                }
            },
            client => client with
            {
                Transport = client.Transport with
                {
                    PortableSocket = portable,
                    SegmentationOffload = !noOffload
                }
            }, Token);
        var (near, far) = await OpenAsync(pair.Client, pair.Server);
        var sending = Task.Run(async () =>
        {
            await near.Output.WriteAsync(new byte[3_000_000], Token);
            await near.DisposeAsync();
        });
        Assert.Equal(3_000_000, (await ReadAllAsync(far.Input)).Length);
        await sending;
        await far.DisposeAsync();
    }

    [Theory]
    [InlineData("::1", "::1")]
    [InlineData("::", "::1")]
    [InlineData("::", "127.0.0.1")]
    [InlineData("0.0.0.0", "127.0.0.1")]
    public async Task BothFamiliesAndWildcardsWork(string listenOn, string connectTo)
    {
        await using var listener = await QuicListener.BindAsync(
            QuicPair.ServerOptions with { EndPoint = new IPEndPoint(IPAddress.Parse(listenOn), 0) }, Token);
        var remote = new IPEndPoint(IPAddress.Parse(connectTo), listener.LocalEndPoint.Port);
        await using var client = await QuicClient.ConnectAsync(remote, QuicPair.ClientOptions, Token);
        var server = await listener.AcceptAsync(Token);
        Assert.Equal(client.LocalEndPoint, server.RemoteEndPoint);
        Assert.Equal(remote.Address, server.LocalEndPoint.Address);
        await UntilAsync(() => client.Statistics.PathMtu == 1452);
    }

    [Theory]
    [InlineData("127.0.0.1", 1232)]
    [InlineData("::1", 1252)]
    public async Task WithoutDiscoveryThePacketSizeIsTheFamilys(string address, int size)
    {
        await using var pair = await QuicPair.CreateAsync(
            server => server with { EndPoint = new IPEndPoint(IPAddress.Parse(address), 0) },
            client => client with { Transport = client.Transport with { PathMtuDiscovery = false } }, Token);
        await UntilAsync(() => pair.Client.Statistics.PathMtu == size);
    }

    [Fact]
    public async Task SeveralLoopsShareAPort()
    {
        await using var listener = await QuicListener.BindAsync(QuicPair.ServerOptions with { Loops = 3 }, Token);
        var clients = new List<QuicConnection>();
        for (var i = 0; i < 24; i++)
        {
            var client = await QuicClient.ConnectAsync(listener.LocalEndPoint, QuicPair.ClientOptions, Token);
            var (near, far) = await OpenAsync(client, await listener.AcceptAsync(Token));
            await near.DisposeAsync();
            await far.DisposeAsync();
            clients.Add(client);
        }
        Assert.All(listener.Loops, loop => Assert.NotEqual(0, loop.ConnectionCount));
        foreach (var client in clients)
            await client.DisposeAsync();
    }

    [Fact]
    public async Task StrictPostQuantumIsRefused_WhereTheLibraryLacksIt()
    {
        if (QuicRuntime.HasPostQuantum)
            return;
        var error = await Assert.ThrowsAsync<QuicUnavailableException>(() => QuicPair.CreateAsync(
            client: client => client with { KeyExchange = QuicKeyExchange.RequirePostQuantum }, cancellationToken: Token));
        Assert.Contains("X25519MLKEM768", error.Message, StringComparison.Ordinal);
    }
}
