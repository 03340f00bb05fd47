using Culvert.Engine.Origins.Dialing;
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
    private readonly OriginRequest _settings;
    private readonly TimeProvider _time;
    private readonly TcpDialer _dialer;

    /// <summary>Creates the origin; nothing is dialled before the first request.</summary>
    /// <param name="destination"><c>host:port</c>; without a port every request fails, as in the original.</param>
    /// <param name="settings">Connect timeout, keep-alive and proxy type.</param>
    /// <param name="time">The clock of all timeouts; null for the system's.</param>
    public TcpServiceOrigin(string destination, OriginRequest? settings = null, TimeProvider? time = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(destination);
        _destination = destination;
        _settings = settings ?? OriginRequest.Default;
        _time = time ?? TimeProvider.System;
        _dialer = new TcpDialer(_settings, _time);
    }

    /// <inheritdoc/>
    public ValueTask ServeAsync(EdgeStream stream, CancellationToken cancellationToken) =>
        TcpInWebSocket.ServeAsync(stream, _destination, _dialer, _settings, _time, cancellationToken);

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
