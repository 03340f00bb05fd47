using System.IO.Pipelines;
using System.Net;
using Culvert.Transports.Configuration;
using Culvert.Transports.Datagrams;
using Culvert.Transports.Sessions;
using Culvert.Transports.Streams;

namespace Culvert.Transports.Connections;

/// <summary>A connection of a connector, seen from the edge node that accepted it.</summary>
/// <remarks>Thread-safe. The owner disposes it; disposing closes the transport at once.</remarks>
public abstract class ConnectorConnection : IAsyncDisposable
{
    /// <summary>Name of the transport: <c>http2</c> or <c>quic</c>.</summary>
    public abstract string Protocol { get; }

    /// <summary>Address that the connector dials from.</summary>
    public abstract IPEndPoint RemoteEndPoint { get; }

    /// <summary>Cancelled when the transport has ended, whoever ended it.</summary>
    public abstract CancellationToken Closed { get; }

    /// <summary>Obtains the control stream, on which the connector is the RPC client.</summary>
    /// <exception cref="ConnectorLostException">The connection ended first.</exception>
    public abstract ValueTask<IDuplexPipe> GetControlStreamAsync(CancellationToken cancellationToken);

    /// <summary>Opens a stream and sends the request head.</summary>
    /// <param name="request">The request; read before the task ends, and still the caller's.</param>
    /// <param name="cancellationToken">Gives the opening up.</param>
    /// <exception cref="ConnectorLostException">The connection has ended.</exception>
    public abstract ValueTask<ConnectorStream> OpenStreamAsync(RequestHead request, CancellationToken cancellationToken);

    /// <summary>Sends a new configuration to the connector.</summary>
    /// <exception cref="ConnectorLostException">The connection has ended, or the answer made no sense.</exception>
    public abstract ValueTask<ConfigurationUpdateResult> UpdateConfigurationAsync(
        ConfigurationUpdate update, CancellationToken cancellationToken);

    /// <summary>The connection's datagrams; null when its transport has none.</summary>
    public virtual IDatagramConnection? Datagrams => null;

    /// <summary>
    /// Called when the connector tells that a UDP session of version 2 has ended, and why. Set before one is registered.
    /// </summary>
    public Action<Guid, string>? SessionEnded { get; set; }

    /// <summary>Opens a UDP session of version 2.</summary>
    /// <exception cref="ConnectorLostException">The transport has none, the connection has ended, or the answer made no
    /// sense.</exception>
    public virtual ValueTask<UdpSessionResult> RegisterUdpSessionAsync(
        UdpSessionRequest request, CancellationToken cancellationToken) =>
        throw new ConnectorLostException($"{Protocol} carries no UDP sessions");

    /// <summary>Ends a UDP session of version 2.</summary>
    /// <exception cref="ConnectorLostException">The transport has none, the connection has ended, or there was no
    /// answer.</exception>
    public virtual ValueTask UnregisterUdpSessionAsync(Guid sessionId, string message, CancellationToken cancellationToken) =>
        throw new ConnectorLostException($"{Protocol} carries no UDP sessions");

    /// <summary>Closes the transport. Streams that are still open end as lost.</summary>
    public abstract ValueTask DisposeAsync();
}
