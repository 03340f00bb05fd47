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

    // Section 11.12.
    [Fact]
    public void L01_without_a_limit_every_flow_gets_a_place()
    {
        var limiter = new FlowLimiter();

        Assert.All(Enumerable.Range(0, 1000), _ => Assert.True(limiter.TryAcquire(FlowKind.Tcp)));
    }

    [Fact]
    public void L02_L03_a_place_that_was_given_back_is_there_once()
    {
        var limiter = new FlowLimiter { Limit = 5 };
        Fill(limiter, 5);
        for (var i = 0; i < 5; i++)
            limiter.Release();
        Assert.True(limiter.TryAcquire(FlowKind.Tcp));
        for (var i = 0; i < 50; i++)
            limiter.Release();
        Fill(limiter, 5);
    }

    [Fact]
    public void L04_limit_changes_while_flows_are_active()
    {
        var limiter = new FlowLimiter { Limit = 1 };
        Fill(limiter, 1);
        limiter.Limit = 2;
        Fill(limiter, 1);
        limiter.Release();
        limiter.Limit = 1;
        Fill(limiter, 0);
        limiter.Limit = 0;
        Assert.True(limiter.TryAcquire(FlowKind.Tcp));
    }

    private static void Fill(FlowLimiter limiter, int places)
    {
        for (var i = 0; i < places; i++)
            Assert.True(limiter.TryAcquire(FlowKind.Tcp));
        Assert.False(limiter.TryAcquire(FlowKind.Tcp));
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
