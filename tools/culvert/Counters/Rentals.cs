using Culvert.Engine.Proxying;
using Culvert.Transports.Headers;
using Culvert.Transports.Quic.ConnectorRole;
using Culvert.Transports.Quic.Streams;

namespace Culvert.CommandLine.Counters;

/// <summary>What the process has taken from its pools.</summary>
internal static class Rentals
{
    /// <summary>
    /// Streams, blocks, heads, their buffers and tokens that were not given back.
    /// Not one instant: pools are asked in turn.
    /// </summary>
    public static int Outstanding =>
        QuicEdgeStreamPool.Rented + BlockPool.Shared.Rented + ByteArena.Rented + HeaderList.Rented + RequestCancellation.Rented;
}
