using Culvert.Engine.Metrics;
using Culvert.Ingress.OriginRequests;
using Culvert.Transports.Streams;

namespace Culvert.Engine.Origins.Tcp;

/// <summary>
/// A <c>tcp://</c>, <c>ssh://</c>, <c>rdp://</c> or <c>smb://</c> service: a TCP origin whose bytes travel in WebSocket messages
/// (http2-and-proxy, section 4.7). Thread-safe.
/// </summary>
public sealed class TcpServiceOrigin : IOrigin
{
    private readonly string _destination;
    private readonly TcpInWebSocket _streams;

    /// <summary>Creates the origin; nothing is dialled before the first request.</summary>
    /// <param name="destination"><c>host:port</c>; without a port every request fails, as in the original.</param>
    /// <param name="settings">Connect timeout, keep-alive and proxy type.</param>
    /// <param name="metrics">What is counted; null for nothing.</param>
    /// <param name="time">The clock of all timeouts; null for the system's.</param>
    public TcpServiceOrigin(
        string destination, OriginRequest? settings = null, ProxyMetrics? metrics = null, TimeProvider? time = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(destination);
        _destination = destination;
        _streams = new TcpInWebSocket(
            settings ?? OriginRequest.Default, metrics ?? new ProxyMetrics(), time ?? TimeProvider.System);
    }

    /// <inheritdoc/>
    public ValueTask ServeAsync(EdgeStream stream, CancellationToken cancellationToken) =>
        _streams.ServeAsync(stream, _destination, cancellationToken);

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
