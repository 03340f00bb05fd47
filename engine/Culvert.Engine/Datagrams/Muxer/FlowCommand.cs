using Culvert.Transports.Sessions;

namespace Culvert.Engine.Datagrams.Muxer;

/// <summary>What another thread wants of a connection's flows.</summary>
internal abstract class FlowCommand
{
    /// <summary>On the thread of the connection that it was posted to.</summary>
    public abstract void Run(ConnectionFlows flows);

    /// <summary>On any thread: that connection has ended.</summary>
    public abstract void GiveUp();
}

/// <summary>A session of version 2 to be opened or closed.</summary>
/// <param name="id">The session's id.</param>
/// <param name="request">What to open; null to close.</param>
internal sealed class SessionCommand(UInt128 id, UdpSessionRequest? request) : FlowCommand
{
    private readonly TaskCompletionSource<string?> _done = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Null, or why there is no session.</summary>
    public Task<string?> Done => _done.Task;

    public override void Run(ConnectionFlows flows)
    {
        if (request is not null)
        {
            _done.TrySetResult(flows.OpenSession(id, request));
            return;
        }
        flows.CloseSession(id);
        _done.TrySetResult(null);
    }

    public override void GiveUp() => _done.TrySetResult(request is null ? null : "the connection has ended");
}

/// <summary>A payload that came on another connection than its flow's: only replies follow the binding.</summary>
/// <param name="muxer">Knows where the flow is.</param>
/// <param name="id">The flow's id.</param>
/// <param name="payload">A copy.</param>
/// <param name="hops">How often it may go on to where the flow has moved meanwhile.</param>
internal sealed class StrayPayload(DatagramMuxer muxer, UInt128 id, byte[] payload, int hops) : FlowCommand
{
    public override void Run(ConnectionFlows flows)
    {
        if (!flows.TrySend(id, payload))
        {
            if (hops > 0 && muxer.Owners.Find(id) is { } owner)
            {
                owner.Post(new StrayPayload(muxer, id, payload, hops - 1));
                return;
            }
            flows.Unknown(id);
        }
        muxer.EndStray();
    }

    public override void GiveUp() => muxer.EndStray();
}

/// <summary>A flow that was registered on another connection is to be let go, so that it can move there.</summary>
/// <param name="muxer">Knows where the flow is.</param>
/// <param name="id">The flow's id.</param>
/// <param name="from">Where it is.</param>
/// <param name="to">Where it was registered.</param>
/// <param name="registration">What to open there when the flow turns out to have ended.</param>
internal sealed class FlowRequest(DatagramMuxer muxer, UInt128 id, ConnectionFlows from, ConnectionFlows to, byte[] registration)
    : FlowCommand
{
    public override void Run(ConnectionFlows flows) => Answer(flows.LetGo(id));

    public override void GiveUp() => Answer(null);

    private void Answer(MovingFlow? moving)
    {
        muxer.Owners.Move(id, from, moving is null ? null : to);
        to.Post(new FlowArrival(muxer, id, to, moving, registration));
    }
}

/// <summary>A flow on its way from one connection to another.</summary>
/// <param name="muxer">Knows where the flow is.</param>
/// <param name="id">The flow's id.</param>
/// <param name="to">Where it goes.</param>
/// <param name="moving">The flow; null when it has ended.</param>
/// <param name="registration">What to open when it has.</param>
internal sealed class FlowArrival(DatagramMuxer muxer, UInt128 id, ConnectionFlows to, MovingFlow? moving, byte[] registration)
    : FlowCommand
{
    public override void Run(ConnectionFlows flows) => flows.Arrive(id, moving, registration);

    public override void GiveUp()
    {
        if (moving is null)
            return;
        muxer.Owners.Move(id, to, null);
        moving.Drop();
    }
}
