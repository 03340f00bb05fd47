using Culvert.Benchmarks.Load.Processes;
using Culvert.Benchmarks.Load.Visitors;

namespace Culvert.Benchmarks.Load.Scenarios;

/// <summary>Requests whose origin takes five seconds, all at once: the figure is the peak of memory.</summary>
internal sealed class SlowRequests() : Scenario("slow", "request")
{
    private const int Count = 10_000;
    private const int OriginMilliseconds = 5000;

    public override bool Repeats => false;

    public override Sample Measure(TunnelLab lab, TunnelSide side, LoadSettings settings) => Around(lab, side, () =>
    {
        var result = lab.Generator.Run(VisitorRequest.Get(side.Host, $"/slow?ms={OriginMilliseconds}"), Count, Count);
        return (result.Requests, result);
    });
}
