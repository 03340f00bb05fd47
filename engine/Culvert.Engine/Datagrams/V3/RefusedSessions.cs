using Culvert.CapnProto.Rpc;
using Culvert.Engine.Datagrams.Muxer;
using Culvert.Transports.Sessions;

namespace Culvert.Engine.Datagrams.V3;

/// <summary>
/// The calls of version 2 on a connection of version 3: refused, and counted (datagrams, section 5.8). Thread-safe.
/// </summary>
/// <param name="counters">Those of the connection's index.</param>
public sealed class RefusedSessions(DatagramCounters counters) : ISessionService
{
    /// <inheritdoc/>
    public ValueTask<UdpSessionResult> RegisterUdpSessionAsync(UdpSessionRequest request, CancellationToken cancellationToken)
    {
        counters.Refused(register: true);
        return ValueTask.FromResult(new UdpSessionResult("datagram v3 does not support RegisterUdpSession RPC", default));
    }

    /// <inheritdoc/>
    public ValueTask UnregisterUdpSessionAsync(Guid sessionId, string message, CancellationToken cancellationToken)
    {
        counters.Refused(register: false);
        throw new RpcException("datagram v3 does not support UnregisterUdpSession RPC");
    }
}
