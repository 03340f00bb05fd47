namespace Culvert.Engine.Datagrams.Muxer;

/// <summary>Sizes of the datagram plane. Immutable.</summary>
public sealed record DatagramMuxerOptions
{
    /// <summary>
    /// Datagrams of a connection that go to their origins together, 1 to 65536, of 1464 bytes each at most. A batch of packets
    /// that brings more goes in parts; nothing is dropped.
    /// </summary>
    public int InboundSlots { get; init; } = 256;

    /// <summary>
    /// Datagrams that may wait for sockets that take none, on one connection, of 1280 bytes each, 1 to 65536; 512 for one flow at
    /// most. Past that the newest is dropped and counted as <see cref="DropReason.WriteFull"/>.
    /// </summary>
    public int ParkedSlots { get; init; } = 4096;

    /// <summary>Flows of one connection, 1 to 1,000,000; a registration past that is answered "too many active flows".</summary>
    public int MaxFlows { get; init; } = 131_072;

    /// <summary>How long an origin's socket may take nothing before the oldest waiting datagram is dropped.</summary>
    public TimeSpan WriteDeadline { get; init; } = TimeSpan.FromMilliseconds(200);

    /// <summary>Idle period of a flow whose registration names none.</summary>
    public TimeSpan DefaultIdlePeriod { get; init; } = TimeSpan.FromSeconds(210);

    /// <summary>Log lines of one connection in a second; the rest are left out.</summary>
    public int LogLinesPerSecond { get; init; } = 20;

    internal void Validate()
    {
        Check(InboundSlots, 1, 65_536, nameof(InboundSlots));
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
