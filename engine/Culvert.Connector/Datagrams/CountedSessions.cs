using Culvert.Connector.Metrics;
using Culvert.Transports.Sessions;

namespace Culvert.Connector.Datagrams;

/// <summary>Counts the session calls that the edge makes, and how long their answers take. Thread-safe.</summary>
internal sealed class CountedSessions(ISessionService sessions, RpcMetrics metrics) : ISessionService
{
    public ValueTask<UdpSessionResult> RegisterUdpSessionAsync(UdpSessionRequest request, CancellationToken cancellationToken) =>
        metrics.ServeSessionAsync(
            "register_udp_session", () => sessions.RegisterUdpSessionAsync(request, cancellationToken));

    public async ValueTask UnregisterUdpSessionAsync(Guid sessionId, string message, CancellationToken cancellationToken) =>
        await metrics.ServeSessionAsync("unregister_udp_session", async () =>
        {
            await sessions.UnregisterUdpSessionAsync(sessionId, message, cancellationToken).ConfigureAwait(false);
            return true;
        }).ConfigureAwait(false);
}
