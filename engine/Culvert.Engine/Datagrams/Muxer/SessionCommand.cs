using Culvert.Transports.Sessions;

namespace Culvert.Engine.Datagrams.Muxer;

/// <summary>A session of version 2 to be opened or closed, for the shard that its id names.</summary>
/// <param name="lane">The connection in that shard.</param>
/// <param name="id">The session's id.</param>
/// <param name="request">What to open; null to close.</param>
internal sealed class SessionCommand(CarrierLane lane, UInt128 id, UdpSessionRequest? request)
{
    private readonly TaskCompletionSource<string?> _done = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public CarrierLane Lane { get; } = lane;

    public UInt128 Id { get; } = id;

    public UdpSessionRequest? Request { get; } = request;

    /// <summary>Null, or why there is no session.</summary>
    public Task<string?> Done => _done.Task;

    /// <summary>The shard's.</summary>
    public void Complete(string? error) => _done.TrySetResult(error);
}
