using System.Threading.Channels;
using Culvert.CapnProto.Tests.Streams;

namespace Culvert.CapnProto.Tests.Rpc;

/// <summary>Time that passes when a test says so.</summary>
internal sealed class ManualTime : TimeProvider
{
    private readonly List<Timer> _timers = [];
    private readonly Lock _gate = new();
    private readonly Channel<bool> _created = Channel.CreateUnbounded<bool>();

    /// <summary>Waits for the next timer that runs at all.</summary>
    public Task TimerAsync() => _created.Reader.ReadAsync().Within();

    /// <summary>Lets every timer that is due within the span expire.</summary>
    public void Pass(TimeSpan span)
    {
        Timer[] due;
        lock (_gate)
        {
            due = [.. _timers.Where(t => t.Due <= span)];
            _timers.RemoveAll(due.Contains);
        }

        foreach (var timer in due)
        {
            timer.Fire();
        }
    }

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new Timer(this, callback, state, dueTime);
        if (dueTime != Timeout.InfiniteTimeSpan)
        {
            lock (_gate)
            {
                _timers.Add(timer);
            }

            _created.Writer.TryWrite(true);
        }

        return timer;
    }

    private sealed class Timer(ManualTime time, TimerCallback callback, object? state, TimeSpan due) : ITimer
    {
        public TimeSpan Due => due;

        public void Fire() => callback(state);

        public bool Change(TimeSpan dueTime, TimeSpan period) => throw new NotSupportedException();

        public void Dispose()
        {
            lock (time._gate)
            {
                time._timers.Remove(this);
            }
        }

        public ValueTask DisposeAsync()
        {
            Dispose();
            return default;
        }
    }
}
