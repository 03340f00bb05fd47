using System.Buffers.Binary;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Culvert.Connector.EdgeAddresses;

/// <summary>
/// Asks a public resolver over TLS when the system's own fails (supervisor-and-operations, section 3.2; RFC 7858). Immutable.
/// </summary>
/// <param name="server">The resolver.</param>
/// <param name="name">The name its certificate is for.</param>
/// <param name="roots">Who may vouch for it; null for the system's certificates.</param>
internal sealed class DnsOverTls(IPEndPoint server, string name, X509Certificate2Collection? roots = null)
{
    /// <summary>For connecting, the handshake and the answer together.</summary>
    public static readonly TimeSpan Limit = TimeSpan.FromSeconds(15);

    /// <summary>The resolver that the original asks.</summary>
    public static DnsOverTls Default { get; } = new(new IPEndPoint(IPAddress.Parse("1.1.1.1"), 853), "cloudflare-dns.com");

    /// <summary>Asks for a service.</summary>
    /// <exception cref="FormatException">The answer is malformed or an error.</exception>
    /// <exception cref="IOException">There is no answer.</exception>
    public async Task<IReadOnlyList<SrvRecord>> QueryAsync(string service, TimeProvider time, CancellationToken cancellationToken)
    {
        using var limit = new CancellationTokenSource(Limit, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        try
        {
            return await AskAsync(service, either.Token).ConfigureAwait(false);
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested
            && e is SocketException or System.Security.Authentication.AuthenticationException or OperationCanceledException)
        {
            throw new IOException($"DNS over TLS at {server}: {e.Message}", e);
        }
    }

    private async Task<IReadOnlyList<SrvRecord>> AskAsync(string service, CancellationToken cancellationToken)
    {
        using var socket = new Socket(server.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(server, cancellationToken).ConfigureAwait(false);
        await using var tls = new SslStream(new NetworkStream(socket));
        var options = new SslClientAuthenticationOptions { TargetHost = name };
        if (roots is not null)
        {
            options.CertificateChainPolicy = new X509ChainPolicy
            {
                TrustMode = X509ChainTrustMode.CustomRootTrust,
                RevocationMode = X509RevocationMode.NoCheck,
            };
            options.CertificateChainPolicy.CustomTrustStore.AddRange(roots);
        }

        await tls.AuthenticateAsClientAsync(options, cancellationToken).ConfigureAwait(false);
        var id = (ushort)RandomNumberGenerator.GetInt32(ushort.MaxValue + 1);
        await tls.WriteAsync(SrvMessage.WriteQuestion(id, service), cancellationToken).ConfigureAwait(false);
        var length = new byte[2];
        await tls.ReadExactlyAsync(length, cancellationToken).ConfigureAwait(false);
        var message = new byte[BinaryPrimitives.ReadUInt16BigEndian(length)];
        await tls.ReadExactlyAsync(message, cancellationToken).ConfigureAwait(false);
        return SrvMessage.ReadAnswer(message, id);
    }
}
