using Culvert.Transports.Quic.Tls;

namespace Culvert.Transports.Quic.Endpoints;

/// <summary>What a client's connections share.</summary>
internal sealed class ClientIdentity : IDisposable
{
    public ClientIdentity(QuicClientOptions options)
    {
        QuicRuntime.ThrowIfUnsupported();
        options.Transport.Validate();
        Transport = options.Transport;
        ServerName = options.ServerName;
        Priority = TlsPriorities.For(options.KeyExchange);
        Protocols = new AlpnList(options.ApplicationProtocols);
        Credentials = TlsCredentials.ForClient(options.TrustedRootsPem, options.TrustSystemRoots);
    }

    public QuicTransportOptions Transport { get; }

    public string ServerName { get; }

    public nint Priority { get; }

    public AlpnList Protocols { get; }

    public TlsCredentials Credentials { get; }

    public void Dispose() => Credentials.Dispose();
}
