using Culvert.Edge.Tunnels;
using Culvert.Transports.Streams;

namespace Culvert.Edge.PrivateNetworks.Streams;

/// <summary>A stream to a connector that has accepted it. Disposed once, which also counts it out.</summary>
internal sealed class OpenedStream(TunnelConnection connection, ConnectorStream stream) : IAsyncDisposable
{
    public ConnectorStream Stream => stream;

    /// <summary>Status of the answer.</summary>
    public int Status { get; set; }

    public async ValueTask DisposeAsync()
    {
        await stream.DisposeAsync().ConfigureAwait(false);
        connection.StreamEnded();
    }
}
