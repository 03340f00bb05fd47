using Culvert.Engine.Datagrams.Muxer;

namespace Culvert.Engine.Tests.Datagrams.Muxer;

[Trait("Category", "Unit")]
public sealed class TimerWheelTests
{
    [Fact]
    public void NobodyIsEarly_AndNobodyIsLaterThanATick()
    {
        var now = 12_345L;
        var wheel = new TimerWheel(now);
        var random = new Random(9);
        var flows = Enumerable.Range(0, 500).Select(i => new Flow(i)
        {
            LastActive = now,
            IdlePeriod = random.Next(1, 400) * 1000L,
        }).ToList();
        flows.ForEach(wheel.Add);
        var idle = new List<Flow>();
        var ended = 0;
        while (wheel.Count > 0)
        {
            var delay = wheel.Delay(now);
            Assert.InRange(delay, 0, 512 * TimerWheel.Tick);
            now += Math.Max(1, delay);
            wheel.Advance(now, idle);
            foreach (var flow in idle)
            {
                Assert.InRange(now - flow.LastActive - flow.IdlePeriod, 0, TimerWheel.Tick);
                ended++;
            }
            idle.Clear();
            // What is used meanwhile lives on.
            if (now < 200_000)
                flows[random.Next(100)].LastActive = now;
        }
        Assert.Equal(-1, wheel.Delay(now));
        Assert.Equal(500, ended);
    }

    [Fact]
    public void AJumpOfManyTurnsIsOneLook()
    {
        var wheel = new TimerWheel(0);
        var flow = new Flow(0) { LastActive = 0, IdlePeriod = 65_535_000 };
        wheel.Add(flow);
        var idle = new List<Flow>();
        wheel.Advance(65_534_000, idle);
        Assert.Empty(idle);
        wheel.Advance(1_000_000_000, idle);
        Assert.Equal([flow], idle);
        Assert.Equal(0, wheel.Count);
    }
}
