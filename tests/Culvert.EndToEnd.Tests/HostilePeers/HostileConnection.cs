using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using Culvert.Transports.Tls;

namespace Culvert.EndToEnd.Tests.HostilePeers;

/// <summary>A peer that got as far as TLS and then does what no peer should.</summary>
internal sealed class HostileConnection(SslStream tls) : IAsyncDisposable
{
    /// <summary>Dials an edge node as a connector does.</summary>
    public static async Task<HostileConnection> DialAsync(TestEdge edge)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(edge.Node.ConnectorEndPoint).InTime();
        var tls = new SslStream(new NetworkStream(socket, ownsSocket: true));
        await tls.AuthenticateAsClientAsync(new SslClientAuthenticationOptions
        {
            TargetHost = EdgeServerNames.Http2,
            CertificateChainPolicy = EdgeTrust.Only(edge.Certificates.Authority).CreateChainPolicy(),
        }).InTime();
        return new HostileConnection(tls);
    }

    /// <summary>Accepts a connector as an edge node does.</summary>
    public static async Task<HostileConnection> AcceptAsync(TcpListener listener, X509Certificate2 certificate)
    {
        var socket = await listener.AcceptSocketAsync().InTime();
        var tls = new SslStream(new NetworkStream(socket, ownsSocket: true));
        await tls.AuthenticateAsServerAsync(new SslServerAuthenticationOptions { ServerCertificate = certificate }).InTime();
        return new HostileConnection(tls);
    }

    public Task WriteAsync(ReadOnlyMemory<byte> bytes) => tls.WriteAsync(bytes).InTime();

    /// <summary>Waits until the other side has ended the connection.</summary>
    public async Task EndedAsync()
    {
        var buffer = new byte[16 * 1024];
        try
        {
            while (await tls.ReadAsync(buffer).InTime() > 0)
            {
                // What the other side still says does not matter.
            }
        }
        catch (IOException)
        {
            // A reset is an end too.
        }
    }

    public ValueTask DisposeAsync() => tls.DisposeAsync();
}
