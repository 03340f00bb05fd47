using Culvert.Engine.Flows;

namespace Culvert.Engine.Tests.Flows;

[Trait("Category", "Unit")]
public sealed class FlowLimiterTests
{
    [Fact]
    public void RefusesAtTheLimit_CountsWithoutOne_AndChangesLive()
    {
        var limiter = new FlowLimiter();
        for (var i = 0; i < 5; i++)
            Assert.True(limiter.TryAcquire(FlowKind.Tcp));
        limiter.Limit = 3;
        Assert.Equal(5, limiter.Active);
        Assert.False(limiter.TryAcquire(FlowKind.Udp));
        Assert.False(limiter.TryAcquire(FlowKind.Tcp));
        for (var i = 0; i < 3; i++)
            limiter.Release();
        Assert.True(limiter.TryAcquire(FlowKind.Udp));
        Assert.False(limiter.TryAcquire(FlowKind.Udp));
        limiter.Limit = 0;
        Assert.True(limiter.TryAcquire(FlowKind.Udp));
        Assert.Equal(1, limiter.Refused(FlowKind.Tcp));
        Assert.Equal(2, limiter.Refused(FlowKind.Udp));
        Assert.Throws<ArgumentOutOfRangeException>(() => limiter.Limit = -1);
    }

    [Fact]
    public void ManyThreadsNeverExceedTheLimit()
    {
        var limiter = new FlowLimiter { Limit = 7 };
        var worst = 0L;
        Parallel.For(0, 8, _ =>
        {
            for (var i = 0; i < 20_000; i++)
            {
                if (!limiter.TryAcquire(FlowKind.Udp))
                    continue;
                if (limiter.Active > 7)
                    Interlocked.Increment(ref worst);
                limiter.Release();
            }
        });
        Assert.Equal(0, worst);
        Assert.Equal(0, limiter.Active);
    }
}
