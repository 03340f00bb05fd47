using Culvert.Engine.Origins;
using Culvert.Transports.Streams;

namespace Culvert.Engine.Tests.Fixtures;

/// <summary>An origin whose requests end when the test says so, and which notices whether it was stopped under one.</summary>
internal sealed class HeldOrigin(bool holds = true) : IOrigin
{
    private readonly TaskCompletionSource _release = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _stopped = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _served;

    public int Served => Volatile.Read(ref _served);

    public bool IsRetired { get; private set; }

    /// <summary>Ends when the origin was stopped.</summary>
    public Task Stopped => _stopped.Task;

    public async ValueTask ServeAsync(EdgeStream stream, CancellationToken cancellationToken)
    {
        Interlocked.Increment(ref _served);
        ObjectDisposedException.ThrowIf(_stopped.Task.IsCompleted, this);
        if (holds)
        {
            await _release.Task.WaitAsync(cancellationToken);
        }

        await Task.Yield();
        ObjectDisposedException.ThrowIf(_stopped.Task.IsCompleted, this);
        stream.SendHead(new ResponseHead { Status = 200 });
    }

    public void Release() => _release.TrySetResult();

    public void Retire() => IsRetired = true;

    public ValueTask DisposeAsync()
    {
        _stopped.SetResult();
        return ValueTask.CompletedTask;
    }
}
