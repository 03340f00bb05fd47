using System.Net;
using Culvert.Transports.Connections;
using Culvert.Transports.Quic;
using Culvert.Transports.Quic.ConnectorRole;
using Culvert.Transports.Quic.Endpoints;
using Culvert.Transports.Tls;

namespace Culvert.Benchmarks.Fleet;

/// <summary>
/// Dials QUIC from a few sockets and threads, where connectors have a thread for each connection. The sockets have addresses of
/// their own, because an edge limits the handshakes of an address. A handshake waits for its turn: thousands of machines would
/// do theirs side by side, and here all would run into their time limits together.
/// </summary>
internal sealed class SharedQuicDialer : IEdgeDialer
{
    // Fewer than an edge allows an address, and in all enough to keep both sides busy.
    private const int HandshakesOfSocket = 48;

    private readonly (ClientGroup Socket, SemaphoreSlim Turn)[] _groups;
    private int _next;

    public SharedQuicDialer(IPEndPoint edge, EdgeTrust trust, int sockets) => _groups = [.. Enumerable.Range(1, sockets).Select(
        number => (new ClientGroup(
            edge,
            new QuicClientOptions
            {
                ServerName = EdgeServerNames.Quic,
                ApplicationProtocols = [QuicEdgeDialer.ApplicationProtocol],
                TrustedRootsPem = trust.OwnRoots.ExportCertificatePems(),
                LocalAddress = new IPAddress([127, 0, 1, (byte)number]),
            },
            single: false), new SemaphoreSlim(HandshakesOfSocket)))];

    public string Protocol => "quic";

    public async Task<EdgeConnection> DialAsync(IPEndPoint address, byte index, CancellationToken cancellationToken)
    {
        var (group, turn) = _groups[(uint)Interlocked.Increment(ref _next) % _groups.Length];
        await turn.WaitAsync(cancellationToken);
        try
        {
            return new QuicEdgeConnection(await group.ConnectAsync(address, cancellationToken), index);
        }
        catch (QuicConnectionException e)
        {
            throw new EdgeDialException(e.Message, e);
        }
        finally
        {
            turn.Release();
        }
    }

    public ValueTask DisposeAsync()
    {
        foreach (var (_, turn) in _groups)
        {
            turn.Dispose();
        }

        return ValueTask.CompletedTask;
    }
}
