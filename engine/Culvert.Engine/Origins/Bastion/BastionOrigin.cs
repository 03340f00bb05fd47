using Culvert.Engine.Metrics;
using Culvert.Engine.Origins.Tcp;
using Culvert.Ingress.OriginRequests;
using Culvert.Transports.Streams;

namespace Culvert.Engine.Origins.Bastion;

/// <summary>The <c>bastion</c> service: a TCP origin that each client names (http2-and-proxy, section 7.2).
/// Thread-safe.</summary>
/// <remarks>There is no list of what may be reached, as in the original: the policy in front of the tunnel decides.</remarks>
public sealed class BastionOrigin : IOrigin
{
    private readonly TcpInWebSocket _streams;

    /// <summary>Creates the origin.</summary>
    /// <param name="settings">Connect timeout, keep-alive and proxy type.</param>
    /// <param name="metrics">What is counted; null for nothing.</param>
    /// <param name="time">The clock of all timeouts; null for the system's.</param>
    public BastionOrigin(OriginRequest? settings = null, ProxyMetrics? metrics = null, TimeProvider? time = null) =>
        _streams = new TcpInWebSocket(
            settings ?? OriginRequest.Default, metrics ?? new ProxyMetrics(), time ?? TimeProvider.System);

    /// <inheritdoc/>
    public ValueTask ServeAsync(EdgeStream stream, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(stream);
        return _streams.ServeAsync(stream, BastionDestination.Of(stream.Request.Headers), cancellationToken);
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
