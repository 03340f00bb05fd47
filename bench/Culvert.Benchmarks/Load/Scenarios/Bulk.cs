using Culvert.Benchmarks.Load.Processes;
using Culvert.Benchmarks.Load.Visitors;

namespace Culvert.Benchmarks.Load.Scenarios;

/// <summary>One large body, down from the origin or up to it.</summary>
internal sealed class Bulk(string direction) : Scenario(direction, "MiB")
{
    private const int Mebibyte = 1024 * 1024;
    private const int ShortRun = 64;

    public override void WarmUp(TunnelLab lab, TunnelSide side, LoadSettings settings) =>
        Transfer(lab, side, Math.Max(1, settings.Mebibytes / 16));

    public override Sample Measure(TunnelLab lab, TunnelSide side, LoadSettings settings) =>
        Around(lab, side, () => (settings.Mebibytes, Transfer(lab, side, settings.Mebibytes)));

    public override double RunShort(TunnelLab lab, TunnelSide side)
    {
        Transfer(lab, side, ShortRun);
        return ShortRun;
    }

    private LoadResult Transfer(TunnelLab lab, TunnelSide side, long mebibytes)
    {
        var request = Name == "down"
            ? VisitorRequest.Get(side.Host, $"/bytes?n={mebibytes * Mebibyte}")
            : VisitorRequest.Post(side.Host, "/", mebibytes * Mebibyte);
        return lab.Generator.Run(request, 1, requests: 1) with { Latencies = [] };
    }
}
