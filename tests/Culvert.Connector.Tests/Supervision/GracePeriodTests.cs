using Culvert.Connector.Supervision;
using Culvert.Tests.Fixtures;

namespace Culvert.Connector.Tests.Supervision;

public sealed class GracePeriodTests : IDisposable
{
    private static readonly TimeSpan Length = TimeSpan.FromSeconds(30);

    private readonly FakeTime _time = new();
    private readonly CancellationTokenSource _stop = new();

    [Fact]
    public void Time_does_not_run_before_the_stop_is_asked_for()
    {
        using var grace = new GracePeriod(Length, _time, _stop.Token);
        _time.Advance(2 * Length);

        Assert.False(grace.Asked.IsCancellationRequested);
        Assert.False(grace.Over.IsCancellationRequested);
    }

    [Fact]
    public void Period_is_over_after_its_length_and_not_before()
    {
        using var grace = new GracePeriod(Length, _time, _stop.Token);
        _stop.Cancel();
        Assert.True(grace.Asked.IsCancellationRequested);
        _time.Advance(Length - TimeSpan.FromTicks(1));
        Assert.False(grace.Over.IsCancellationRequested);
        _time.Advance(TimeSpan.FromTicks(1));

        Assert.True(grace.Over.IsCancellationRequested);
    }

    [Fact]
    public void No_period_is_over_at_once()
    {
        using var grace = new GracePeriod(TimeSpan.Zero, _time, _stop.Token);
        _stop.Cancel();

        Assert.True(grace.Over.IsCancellationRequested);
    }

    [Fact]
    public void Stop_that_was_asked_for_before_counts()
    {
        _stop.Cancel();
        using var grace = new GracePeriod(Length, _time, _stop.Token);
        _time.Advance(Length);

        Assert.True(grace.Over.IsCancellationRequested);
    }

    [Fact]
    public void Stop_after_the_end_of_the_process_does_nothing()
    {
        var grace = new GracePeriod(Length, _time, _stop.Token);
        var over = grace.Over;
        grace.Dispose();
        _stop.Cancel();
        _time.Advance(Length);

        Assert.False(over.IsCancellationRequested);
    }

    public void Dispose() => _stop.Dispose();
}
