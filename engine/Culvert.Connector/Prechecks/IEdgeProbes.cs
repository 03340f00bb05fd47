using System.Net;
using Culvert.Transports.Connections;

namespace Culvert.Connector.Prechecks;

/// <summary>How pre-checks reach the network.</summary>
internal interface IEdgeProbes
{
    /// <summary>The API that is looked at, or null when the connector has no use for it.</summary>
    string? ApiTarget { get; }

    /// <summary>Looks the edge up.</summary>
    /// <returns>Its targets, in the order of the report, with what each has; failures are in there.</returns>
    Task<IReadOnlyList<ResolvedTarget>> ResolveAsync(CancellationToken cancellationToken);

    /// <summary>Completes a QUIC handshake and closes.</summary>
    /// <exception cref="EdgeDialException">There is no answer.</exception>
    /// <exception cref="Transports.Quic.QuicUnavailableException">QUIC cannot be used on this machine.</exception>
    Task QuicAsync(IPEndPoint address, CancellationToken cancellationToken);

    /// <summary>Completes a TLS handshake over TCP and closes.</summary>
    /// <exception cref="EdgeDialException">There is no answer.</exception>
    Task Http2Async(IPEndPoint address, CancellationToken cancellationToken);

    /// <summary>Connects to the API.</summary>
    /// <exception cref="System.Net.Sockets.SocketException">There is no answer.</exception>
    Task ApiAsync(CancellationToken cancellationToken);
}

/// <summary>What a look-up of the edge gave for one target.</summary>
/// <param name="Name">The target.</param>
/// <param name="Addresses">Its addresses, of both families.</param>
/// <param name="Error">Why there are none; null when nobody said so.</param>
internal sealed record ResolvedTarget(string Name, IReadOnlyList<IPEndPoint> Addresses, string? Error = null);
