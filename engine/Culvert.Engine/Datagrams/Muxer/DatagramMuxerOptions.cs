using System.Numerics;

namespace Culvert.Engine.Datagrams.Muxer;

/// <summary>Sizes of the datagram plane. Immutable.</summary>
public sealed record DatagramMuxerOptions
{
    /// <summary>Threads that own flows, 1 to 64; a flow's id says which one.</summary>
    public int Shards { get; init; } = 1;

    /// <summary>
    /// Datagrams waiting between one connection and one shard, a power of two, 16 to 65536, of 1472 bytes each. When it is full
    /// the newest is dropped and counted.
    /// </summary>
    public int InboundSlots { get; init; } = 1024;

    /// <summary>
    /// Datagrams that may wait for sockets that take none, in one shard, of 1280 bytes each, 1 to 65536; 512 for one flow at
    /// most. Past that the newest is dropped and counted as <see cref="DropReason.WriteFull"/>.
    /// </summary>
    public int ParkedSlots { get; init; } = 4096;

    /// <summary>Flows of one shard, 1 to 1,000,000; a registration past that is answered "too many active flows".</summary>
    public int MaxFlows { get; init; } = 131_072;

    /// <summary>How long an origin's socket may take nothing before the oldest waiting datagram is dropped.</summary>
    public TimeSpan WriteDeadline { get; init; } = TimeSpan.FromMilliseconds(200);

    /// <summary>Idle period of a flow whose registration names none.</summary>
    public TimeSpan DefaultIdlePeriod { get; init; } = TimeSpan.FromSeconds(210);

    /// <summary>Log lines of one shard in a second; the rest are left out.</summary>
    public int LogLinesPerSecond { get; init; } = 20;

    internal void Validate()
    {
        Check(Shards, 1, 64, nameof(Shards));
        Check(InboundSlots, 16, 65_536, nameof(InboundSlots));
        if (!BitOperations.IsPow2(InboundSlots))
            throw new ArgumentOutOfRangeException(nameof(InboundSlots), InboundSlots, "Must be a power of two.");
        Check(ParkedSlots, 1, 65_536, nameof(ParkedSlots));
        Check(MaxFlows, 1, 1_000_000, nameof(MaxFlows));
        Check(LogLinesPerSecond, 0, int.MaxValue, nameof(LogLinesPerSecond));
    }

    private static void Check(int value, int least, int most, string name)
    {
        if (value < least || value > most)
            throw new ArgumentOutOfRangeException(name, value, $"Must be between {least} and {most}.");
    }
}
