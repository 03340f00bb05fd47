namespace Culvert.Tests.Fixtures;

/// <summary>
/// A clock that moves when a test says so, and tells when the code under test has begun to wait. Its date can jump, as that of a
/// machine whose clock is set; timers and timestamps do not notice.
/// </summary>
internal sealed class FakeTime : TimeProvider
{
    private readonly Lock _lock = new();
    private readonly List<FakeTimer> _timers = [];
    private readonly List<TimeSpan> _begun = [];
    private readonly List<(TimeSpan Wait, TaskCompletionSource Seen)> _expected = [];
    private DateTimeOffset _now = new(2026, 1, 2, 3, 4, 5, TimeSpan.Zero);
    private TimeSpan _jumped;

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override DateTimeOffset GetUtcNow()
    {
        lock (_lock)
        {
            return _now + _jumped;
        }
    }

    public override long GetTimestamp()
    {
        lock (_lock)
        {
            return _now.UtcTicks;
        }
    }

    /// <summary>Sets the date that much forward or back.</summary>
    public void Jump(TimeSpan by)
    {
        lock (_lock)
        {
            _jumped += by;
        }
    }

    /// <summary>Ends when a wait of this length has begun; each wait is reported once.</summary>
    public Task WaitBegunAsync(TimeSpan wait)
    {
        lock (_lock)
        {
            if (_begun.Remove(wait))
            {
                return Task.CompletedTask;
            }

            var seen = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            _expected.Add((wait, seen));
            return seen.Task.WaitAsync(TimeSpan.FromSeconds(20));
        }
    }

    /// <summary>How long until the next timer is due, or null without timers.</summary>
    public TimeSpan? UntilNext
    {
        get
        {
            lock (_lock)
            {
                return _timers.Count > 0 ? _timers.Min(timer => timer.DueAt) - _now : null;
            }
        }
    }

    /// <summary>Moves the clock and runs what is due, on the caller's thread.</summary>
    public void Advance(TimeSpan by)
    {
        FakeTimer[] due;
        lock (_lock)
        {
            _now += by;
            due = [.. _timers.Where(t => t.DueAt <= _now)];
            foreach (var timer in due)
            {
                _timers.Remove(timer);
            }
        }

        foreach (var timer in due)
        {
            timer.Fire();
        }
    }

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new FakeTimer(this, () => callback(state));
        timer.Change(dueTime, period);
        return timer;
    }

    private void Begin(FakeTimer timer, TimeSpan wait)
    {
        lock (_lock)
        {
            _timers.Remove(timer);
            if (wait == Timeout.InfiniteTimeSpan)
            {
                return;
            }

            timer.DueAt = _now + wait;
            _timers.Add(timer);
            var index = _expected.FindIndex(e => e.Wait == wait);
            if (index < 0)
            {
                _begun.Add(wait);
                return;
            }

            _expected[index].Seen.SetResult();
            _expected.RemoveAt(index);
        }
    }

    private sealed class FakeTimer(FakeTime time, Action fire) : ITimer
    {
        private TimeSpan _period;

        public DateTimeOffset DueAt { get; set; }

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            _period = period;
            time.Begin(this, dueTime);
            return true;
        }

        public void Fire()
        {
            if (_period > TimeSpan.Zero)
            {
                time.Begin(this, _period);
            }

            fire();
        }

        public void Dispose() => time.Begin(this, Timeout.InfiniteTimeSpan);

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
