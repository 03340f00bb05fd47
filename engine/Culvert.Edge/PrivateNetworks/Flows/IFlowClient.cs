namespace Culvert.Edge.PrivateNetworks.Flows;

/// <summary>Whoever a flow belongs to. Called on a connection's own thread, so it must neither block nor throw.</summary>
internal interface IFlowClient
{
    /// <summary>A datagram from the destination, borrowed for the call.</summary>
    void Deliver(TunnelFlow flow, ReadOnlySpan<byte> payload);

    /// <summary>The destination cannot be reached now; the flow tries again when there is something to send.</summary>
    void Refused(TunnelFlow flow);

    /// <summary>
    /// The destination's host refused what was sent last; the flow opens again when there is something to send.
    /// </summary>
    void Unreachable(TunnelFlow flow);

    /// <summary>The flow was idle for its period and is no more.</summary>
    void Ended(TunnelFlow flow);
}
