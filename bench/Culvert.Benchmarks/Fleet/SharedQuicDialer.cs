using System.Net;
using Culvert.Transports.Connections;
using Culvert.Transports.Quic;
using Culvert.Transports.Quic.ConnectorRole;
using Culvert.Transports.Quic.Endpoints;
using Culvert.Transports.Tls;

namespace Culvert.Benchmarks.Fleet;

/// <summary>
/// Dials QUIC from a few sockets and threads, where connectors have a thread for each connection. The sockets have addresses of
/// their own, because an edge limits the handshakes of an address.
/// </summary>
internal sealed class SharedQuicDialer : IEdgeDialer
{
    private readonly ClientGroup[] _groups;
    private int _next;

    public SharedQuicDialer(IPEndPoint edge, EdgeTrust trust, int sockets) => _groups = [.. Enumerable.Range(1, sockets).Select(
        number => new ClientGroup(
            edge,
            new QuicClientOptions
            {
                ServerName = EdgeServerNames.Quic,
                ApplicationProtocols = [QuicEdgeDialer.ApplicationProtocol],
                TrustedRootsPem = trust.OwnRoots.ExportCertificatePems(),
                LocalAddress = new IPAddress([127, 0, 1, (byte)number]),
            },
            single: false))];

    public string Protocol => "quic";

    public async Task<EdgeConnection> DialAsync(IPEndPoint address, byte index, CancellationToken cancellationToken)
    {
        try
        {
            var group = _groups[(uint)Interlocked.Increment(ref _next) % _groups.Length];
            return new QuicEdgeConnection(await group.ConnectAsync(address, cancellationToken), index);
        }
        catch (QuicConnectionException e)
        {
            throw new EdgeDialException(e.Message, e);
        }
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
