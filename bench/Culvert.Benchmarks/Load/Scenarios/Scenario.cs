using Culvert.Benchmarks.Load.Processes;
using Culvert.Benchmarks.Load.Visitors;

namespace Culvert.Benchmarks.Load.Scenarios;

/// <summary>A way to load a tunnel.</summary>
/// <param name="name">Its name on the command line and in the table.</param>
/// <param name="unit">What its figures are divided by.</param>
internal abstract class Scenario(string name, string unit)
{
    /// <summary>All of them, in the order of the table.</summary>
    public static IReadOnlyList<Scenario> All { get; } =
    [
        new SmallGets(1), new SmallGets(50), new SmallGets(200), new Bulk("down"), new Bulk("up"),
            new IdleWebSockets(), new SlowRequests(),
    ];

    public string Name => name;

    public string Unit => unit;

    /// <summary>False when a run leaves the processes in another state, so that each side is measured once.</summary>
    public virtual bool Repeats => true;

    /// <summary>Whether a short run of it may have its system calls counted.</summary>
    public virtual bool CountsCalls => Repeats;

    /// <summary>Loads the tunnel until pools and windows have grown; nothing is measured.</summary>
    public virtual void WarmUp(TunnelLab lab, TunnelSide side, LoadSettings settings)
    {
    }

    public abstract Sample Measure(TunnelLab lab, TunnelSide side, LoadSettings settings);

    /// <summary>A short run for counting; returns its units.</summary>
    public virtual double RunShort(TunnelLab lab, TunnelSide side) => throw new NotSupportedException(name);

    /// <summary>Reads both processes before and after.</summary>
    protected static Sample Around(TunnelLab lab, TunnelSide side, Func<(double Units, LoadResult Result)> load)
    {
        var (edge, connector) = (ProcessReading.Of(lab.Edge), ProcessReading.Of(side.Connector));
        var (units, result) = load();
        var (connectorUsage, edgeUsage) = (
            Usage.Between(connector, ProcessReading.Of(side.Connector)), Usage.Between(edge, ProcessReading.Of(lab.Edge)));
        return new Sample(
            units, result.Failures, result.Seconds, result.Latencies, connectorUsage, edgeUsage,
            KeptRentals.Of(side.Connector, connector), KeptRentals.Of(lab.Edge, edge));
    }
}
