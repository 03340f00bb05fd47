using Culvert.Engine.Metrics;
using Culvert.Engine.Origins.Dialing;
using Culvert.Transports.Streams;

namespace Culvert.Engine.Origins.Tcp;

/// <summary>
/// Opens streams to TCP origins: dials, acknowledges, and counts how that went (http2-and-proxy, sections 4.7 and 4.8).
/// Thread-safe.
/// </summary>
/// <param name="dialer">Connects.</param>
/// <param name="metrics">What is counted.</param>
/// <param name="time">The clock of the latency.</param>
internal sealed class StreamOpener(TcpDialer dialer, ProxyMetrics metrics, TimeProvider time)
{
    /// <summary>Dials an origin and tells the edge that it is there.</summary>
    /// <param name="stream">The request.</param>
    /// <param name="destination"><c>host:port</c>.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>The connection, which is the caller's.</returns>
    /// <exception cref="DialException">There is no connection; nothing was sent.</exception>
    /// <exception cref="OperationCanceledException">Cancelled, or the edge reads no more.</exception>
    public async ValueTask<TcpConnection> OpenAsync(EdgeStream stream, string destination, CancellationToken cancellationToken)
    {
        var begun = time.GetTimestamp();
        TcpConnection? origin = null;
        try
        {
            var (host, port) = HostPort.Split(destination);
            origin = new TcpConnection(await dialer.ConnectAsync(host, port, cancellationToken).ConfigureAwait(false));
            await StreamAck.SendAsync(stream, cancellationToken).ConfigureAwait(false);
        }
        catch
        {
            metrics.StreamFailed();
            if (origin is not null)
            {
                await origin.DisposeAsync().ConfigureAwait(false);
            }

            throw;
        }

        metrics.StreamConnected(time.GetElapsedTime(begun));
        return origin;
    }

    /// <summary>Tells the edge that the stream is served, where the origin is known only later.</summary>
    /// <exception cref="OperationCanceledException">Cancelled, or the edge reads no more.</exception>
    public async ValueTask AcknowledgeAsync(EdgeStream stream, CancellationToken cancellationToken)
    {
        var begun = time.GetTimestamp();
        try
        {
            await StreamAck.SendAsync(stream, cancellationToken).ConfigureAwait(false);
        }
        catch
        {
            metrics.StreamFailed();
            throw;
        }

        metrics.StreamConnected(time.GetElapsedTime(begun));
    }
}
