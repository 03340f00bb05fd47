using System.Net;

namespace Culvert.Transports.Quic.Tests;

/// <summary>A listener and one client connection to it over loopback.</summary>
internal sealed class QuicPair : IAsyncDisposable
{
    public const string Protocol = "test";

    private QuicPair(QuicListener listener, QuicConnection client, QuicConnection server)
    {
        Listener = listener;
        Client = client;
        Server = server;
    }

    public QuicListener Listener { get; }

    public QuicConnection Client { get; }

    public QuicConnection Server { get; }

    public static QuicServerOptions ServerOptions => new()
    {
        EndPoint = new IPEndPoint(IPAddress.Loopback, 0),
        ApplicationProtocols = [Protocol],
        CertificatePem = TestCertificates.Server.CertificatePem,
        PrivateKeyPem = TestCertificates.Server.KeyPem,
    };

    public static QuicClientOptions ClientOptions => new()
    {
        ServerName = TestCertificates.Name,
        ApplicationProtocols = [Protocol],
        TrustedRootsPem = TestCertificates.Server.RootPem,
        TrustSystemRoots = false,
    };

    public static async Task<QuicPair> CreateAsync(Func<QuicServerOptions, QuicServerOptions>? server = null,
        Func<QuicClientOptions, QuicClientOptions>? client = null, CancellationToken cancellationToken = default)
    {
        var serverOptions = server?.Invoke(ServerOptions) ?? ServerOptions;
        var clientOptions = client?.Invoke(ClientOptions) ?? ClientOptions;
        var listener = await QuicListener.BindAsync(serverOptions, cancellationToken);
        try
        {
            var connecting = QuicClient.ConnectAsync(listener.LocalEndPoint, clientOptions, cancellationToken);
            var connection = await connecting;
            return new QuicPair(listener, connection, await listener.AcceptAsync(cancellationToken));
        }
        catch
        {
            await listener.DisposeAsync();
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await Client.DisposeAsync();
        await Listener.DisposeAsync();
    }
}
