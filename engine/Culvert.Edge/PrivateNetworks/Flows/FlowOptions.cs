namespace Culvert.Edge.PrivateNetworks.Flows;

/// <summary>Sizes and times of UDP flows at an edge node. Immutable.</summary>
public sealed record FlowOptions
{
    /// <summary>Flows of the node at a time; a client past that is not heard.</summary>
    public int MaxFlows { get; init; } = 100_000;

    /// <summary>Datagrams of one flow that wait for the connector's answer; past that the oldest is dropped.</summary>
    public int MaxQueuedOfFlow { get; init; } = 32;

    /// <summary>Datagrams of all flows that wait, of 1280 bytes at most each; past that the newest is dropped.</summary>
    public int MaxQueued { get; init; } = 16_384;

    /// <summary>How long a flow may carry nothing; 1 second to 18 hours. Connectors are told five seconds more.</summary>
    public TimeSpan IdleTimeout { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>When a registration without answer is sent again; it doubles up to <see cref="LastRetry"/>.</summary>
    public TimeSpan FirstRetry { get; init; } = TimeSpan.FromMilliseconds(100);

    /// <summary>Longest time between two registrations without answer.</summary>
    public TimeSpan LastRetry { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>How long a connector may take to answer.</summary>
    public TimeSpan AnswerTimeout { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How long a flow that the connector could not open is left alone.</summary>
    public TimeSpan RefusalHold { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How long one is left alone that found all connectors full, or none.</summary>
    public TimeSpan BusyHold { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>
    /// After so long without a reply to what a client sends the flow is registered once more: connectors do not tell when one
    /// of theirs ends.
    /// </summary>
    public TimeSpan SilenceLimit { get; init; } = TimeSpan.FromSeconds(5);

    internal ushort IdleHintSeconds => (ushort)Math.Min(Math.Ceiling(IdleTimeout.TotalSeconds) + 5, ushort.MaxValue);
}
