using Culvert.Benchmarks.Load.Processes;
using Culvert.Benchmarks.Load.Visitors;

namespace Culvert.Benchmarks.Load.Scenarios;

/// <summary>GETs with 14 bytes of response, over so many connections at once.</summary>
internal sealed class SmallGets(int connections) : Scenario($"get-{connections}", "request")
{
    private const int ShortRun = 2000;

    public override void WarmUp(TunnelLab lab, TunnelSide side, LoadSettings settings) =>
        lab.Generator.Run(VisitorRequest.Get(side.Host, "/"), connections, settings.Requests / 4, settings.Time / 4);

    public override Sample Measure(TunnelLab lab, TunnelSide side, LoadSettings settings) => Around(lab, side, () =>
    {
        var result = lab.Generator.Run(VisitorRequest.Get(side.Host, "/"), connections, settings.Requests, settings.Time);
        return (result.Requests, result);
    });

    public override double RunShort(TunnelLab lab, TunnelSide side) =>
        lab.Generator.Run(VisitorRequest.Get(side.Host, "/"), connections, ShortRun).Requests;
}
