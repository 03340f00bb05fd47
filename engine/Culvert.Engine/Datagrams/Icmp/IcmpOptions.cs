using System.Net;

namespace Culvert.Engine.Datagrams.Icmp;

/// <summary>Addresses and sizes of a ping proxy. Immutable.</summary>
public sealed record IcmpOptions
{
    /// <summary>Source of IPv4 packets; null to find one.</summary>
    public IPAddress? SourceV4 { get; init; }

    /// <summary>Source of IPv6 packets; null to find one.</summary>
    public IPAddress? SourceV6 { get; init; }

    /// <summary>Why there can be no pings, when the settings say something that makes no sense; else null.</summary>
    public string? Unusable { get; init; }

    /// <summary>Packets of one connection that wait; past that the newest is dropped and counted.</summary>
    public int QueueLength { get; init; } = 128;

    /// <summary>Pings at a time, each with a socket; a further one is dropped.</summary>
    public int MaxFlows { get; init; } = 4096;

    /// <summary>Lines of warnings and errors in a second; the rest are left out.</summary>
    public int LogLinesPerSecond { get; init; } = 20;

    /// <summary>How long one may be silent. It is looked at as often, so the end may be as much later again.</summary>
    public TimeSpan IdleTimeout { get; init; } = TimeSpan.FromSeconds(10);
}
