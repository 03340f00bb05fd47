using Culvert.Benchmarks.Load.Processes;

namespace Culvert.Benchmarks.Load.Scenarios;

/// <summary>
/// Runs a scenario with fresh processes, every connector in turn: A B B A, so that a drift of the machine
/// cancels out.
/// </summary>
internal static class ScenarioRunner
{
    public static IReadOnlyList<ScenarioResult> Run(Scenario scenario, string protocol, LoadOptions options)
    {
        using var lab = TunnelLab.Start(options.Culvert, protocol, options.Connectors);
        var rounds = lab.Sides.Select(_ => new List<Sample>()).ToList();
        foreach (var side in lab.Sides)
        {
            scenario.WarmUp(lab, side, options.Settings);
        }

        for (var round = 0; round < (scenario.Repeats ? options.Settings.Rounds : 1); round++)
        {
            var order = Enumerable.Range(0, lab.Sides.Count);
            foreach (var index in round % 2 == 0 ? order : order.Reverse())
            {
                rounds[index].Add(scenario.Measure(lab, lab.Sides[index], options.Settings));
            }
        }

        var counts = scenario.CountsCalls && options.Settings.CountCalls && SyscallCount.ToolName is not null;
        return [.. lab.Sides.Select((side, index) => new ScenarioResult(
            scenario, protocol, side.Name, rounds[index], counts ? CountCalls(scenario, lab, side) : null))];
    }

    private static CallsPerUnit CountCalls(Scenario scenario, TunnelLab lab, TunnelSide side)
    {
        using var connector = SyscallCount.Start(side.Connector.Id);
        using var edge = SyscallCount.Start(lab.Edge.Id);
        var units = scenario.RunShort(lab, side);
        return new CallsPerUnit(connector.Stop() / units, edge.Stop() / units);
    }
}
