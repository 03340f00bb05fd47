namespace Culvert.Ingress.Configuration;

/// <summary>How private networks are reached (ingress-and-config, section 5.4). Immutable.</summary>
public sealed record WarpRouting
{
    /// <summary>What holds when nothing is configured.</summary>
    public static WarpRouting Default { get; } = new();

    /// <summary>Longest time to connect to an address.</summary>
    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Most TCP and UDP flows at a time; 0 is without limit.</summary>
    public ulong MaxActiveFlows { get; init; }

    /// <summary>Interval of TCP keep-alive probes.</summary>
    public TimeSpan TcpKeepAlive { get; init; } = TimeSpan.FromSeconds(30);
}
