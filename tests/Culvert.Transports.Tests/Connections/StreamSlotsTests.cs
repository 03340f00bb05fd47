using Culvert.Transports.Connections;

namespace Culvert.Transports.Tests.Connections;

public class StreamSlotsTests
{
    [Fact]
    public async Task Slot_past_the_last_waits_for_one_that_comes_back()
    {
        var slots = new StreamSlots(2);
        await slots.TakeAsync(default);
        await slots.TakeAsync(default);
        var third = slots.TakeAsync(default);
        Assert.False(third.IsCompleted);
        Assert.Equal(2, slots.Taken);
        slots.Return();

        await third.WaitAsync(TimeSpan.FromSeconds(20));
        Assert.Equal(2, slots.Taken);
    }

    [Fact]
    public async Task Wait_that_is_given_up_takes_no_slot()
    {
        var slots = new StreamSlots(1);
        await slots.TakeAsync(default);
        using var giveUp = new CancellationTokenSource();
        var second = slots.TakeAsync(giveUp.Token);
        await giveUp.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => second);
        slots.Return();
        Assert.Equal(0, slots.Taken);
    }

    [Fact]
    public void Capacity_is_at_least_one() => Assert.Throws<ArgumentOutOfRangeException>(() => new StreamSlots(0));
}
