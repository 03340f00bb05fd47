using System.Diagnostics;
using Culvert.Benchmarks.Load.Processes;
using Culvert.Benchmarks.Load.Visitors;

namespace Culvert.Benchmarks.Load.Scenarios;

/// <summary>WebSockets over which nothing goes: what each costs in memory, and all together in CPU.</summary>
internal sealed class IdleWebSockets() : Scenario("websockets", "socket")
{
    private const int Count = 1000;
    private static readonly TimeSpan Settle = TimeSpan.FromSeconds(2);

    public override bool Repeats => false;

    public override void WarmUp(TunnelLab lab, TunnelSide side, LoadSettings settings) =>
        lab.Generator.Hold(VisitorRequest.WebSocket(side.Host, "/ws"), 10).Dispose();

    public override Sample Measure(TunnelLab lab, TunnelSide side, LoadSettings settings)
    {
        IDisposable? held = null;
        try
        {
            return Around(lab, side, () =>
            {
                var started = Stopwatch.GetTimestamp();
                held = lab.Generator.Hold(VisitorRequest.WebSocket(side.Host, "/ws"), Count);
                Thread.Sleep(Settle);
                return (Count, new LoadResult(Count, 0, Stopwatch.GetElapsedTime(started).TotalSeconds, []));
            });
        }
        finally
        {
            held?.Dispose();
        }
    }
}
