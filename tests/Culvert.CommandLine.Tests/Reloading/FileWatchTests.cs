using Culvert.CommandLine.Reloading;
using Culvert.Tests.Fixtures;

namespace Culvert.CommandLine.Tests.Reloading;

public sealed class FileWatchTests
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(20);

    private readonly FakeTime _time = new();
    private string _state = "a";

    [Fact]
    public async Task Change_is_told_once_it_has_stayed_for_an_interval()
    {
        var watch = new FileWatch(() => _state, _time);
        var changed = await BeginAsync(watch);
        await LookAsync();
        _state = "b";
        await LookAsync();
        _state = "c";
        await LookAsync();
        Assert.False(changed.IsCompleted);
        _time.Advance(FileWatch.Interval);

        await changed.WaitAsync(Limit);
    }

    [Fact]
    public async Task Change_before_the_wait_is_told_too()
    {
        var watch = new FileWatch(() => _state, _time);
        _state = "b";
        var changed = await BeginAsync(watch);
        await LookAsync();
        _time.Advance(FileWatch.Interval);

        await changed.WaitAsync(Limit);
    }

    [Fact]
    public async Task What_changed_back_is_no_change()
    {
        var watch = new FileWatch(() => _state, _time);
        var changed = await BeginAsync(watch);
        _state = "b";
        await LookAsync();
        _state = "a";
        await LookAsync();
        await LookAsync();

        Assert.False(changed.IsCompleted);
    }

    [Fact]
    public async Task What_was_told_is_not_told_again()
    {
        var watch = new FileWatch(() => _state, _time);
        var changed = await BeginAsync(watch);
        _state = "b";
        await LookAsync();
        _time.Advance(FileWatch.Interval);
        await changed.WaitAsync(Limit);
        using var over = new CancellationTokenSource();
        var again = await BeginAsync(watch, over.Token);
        await LookAsync();
        await LookAsync();

        Assert.False(again.IsCompleted);
        await over.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => again.WaitAsync(Limit));
    }

    [Fact]
    public async Task What_is_known_is_not_told()
    {
        var watch = new FileWatch(() => _state, _time);
        var changed = await BeginAsync(watch);
        _state = "b";
        await LookAsync();
        watch.Known();
        await LookAsync();
        await LookAsync();

        Assert.False(changed.IsCompleted);
    }

    private async Task<Task> BeginAsync(FileWatch watch, CancellationToken cancellationToken = default)
    {
        var changed = watch.ChangedAsync(cancellationToken);
        await _time.WaitBegunAsync(FileWatch.Interval);
        return changed;
    }

    // The look is over when the next wait has begun.
    private async Task LookAsync()
    {
        _time.Advance(FileWatch.Interval);
        await _time.WaitBegunAsync(FileWatch.Interval);
    }
}
