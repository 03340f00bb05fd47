using System.IO.Pipelines;
using System.Net;
using Culvert.Transports.Configuration;
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

    /// <summary>Closes the transport. Streams that are still open end as lost.</summary>
    public abstract ValueTask DisposeAsync();
}
