using Culvert.Engine.Origins.Dialing;
using Culvert.Engine.Origins.Tcp;
using Culvert.Ingress.OriginRequests;
using Culvert.Transports.Streams;

namespace Culvert.Engine.Origins.Bastion;

/// <summary>The <c>bastion</c> service: a TCP origin that each client names (http2-and-proxy, section 7.2).
/// Thread-safe.</summary>
/// <remarks>There is no list of what may be reached, as in the original: the policy in front of the tunnel decides.</remarks>
public sealed class BastionOrigin : IOrigin
{
    private readonly OriginRequest _settings;
    private readonly TimeProvider _time;
    private readonly TcpDialer _dialer;

    /// <summary>Creates the origin.</summary>
    /// <param name="settings">Connect timeout, keep-alive and proxy type.</param>
    /// <param name="time">The clock of all timeouts; null for the system's.</param>
    public BastionOrigin(OriginRequest? settings = null, TimeProvider? time = null)
    {
        _settings = settings ?? OriginRequest.Default;
        _time = time ?? TimeProvider.System;
        _dialer = new TcpDialer(_settings, _time);
    }

    /// <inheritdoc/>
    public async ValueTask ServeAsync(EdgeStream stream, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(stream);
        var destination = BastionDestination.Of(stream.Request.Headers);
        await TcpInWebSocket.ServeAsync(stream, destination, _dialer, _settings, _time, cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
