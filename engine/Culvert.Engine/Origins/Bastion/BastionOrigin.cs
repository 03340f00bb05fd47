using Culvert.Engine.Origins.Dialing;
using Culvert.Engine.Origins.Tcp;
using Culvert.Transports.Streams;

namespace Culvert.Engine.Origins.Bastion;

/// <summary>The <c>bastion</c> service: a TCP origin that each client names (http2-and-proxy, section 7.2).
/// Thread-safe.</summary>
/// <remarks>There is no list of what may be reached, as in the original: the policy in front of the tunnel decides.</remarks>
public sealed class BastionOrigin : IOrigin
{
    private readonly OriginSettings _settings;
    private readonly TcpDialer _dialer;

    /// <summary>Creates the origin.</summary>
    /// <param name="settings">Connect timeout, keep-alive and proxy type.</param>
    public BastionOrigin(OriginSettings? settings = null)
    {
        _settings = settings ?? new OriginSettings();
        _dialer = new TcpDialer(_settings);
    }

    /// <inheritdoc/>
    public async ValueTask ServeAsync(EdgeStream stream, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(stream);
        var destination = BastionDestination.Of(stream.Request.Headers);
        await TcpInWebSocket.ServeAsync(stream, destination, _dialer, _settings, cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
