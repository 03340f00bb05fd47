using System.Text.Json.Nodes;

namespace Culvert.PerfGate;

/// <summary>One result of the load driver.</summary>
internal sealed class LoadLine(JsonObject line)
{
    public string Scenario => (string)line["scenario"]!;

    public string Protocol => (string)line["protocol"]!;

    /// <summary>CPU seconds of the connector per unit, round by round.</summary>
    public IReadOnlyList<double> ConnectorCpu =>
        [.. Rounds.Select(round => (double)round["connector"]!["cpuSeconds"]! / (double)round["units"]!)];

    private IEnumerable<JsonObject> Rounds => line["rounds"]!.AsArray().Select(round => round!.AsObject());

    public static LoadLine Parse(string text) => new(JsonNode.Parse(text)!.AsObject());

    /// <summary>System calls of a process per unit; null when they were not counted.</summary>
    public double? Calls(string process) => (double?)line["syscalls"]?[process];

    /// <summary>What a process has not given back to its pools, the most of any round.</summary>
    /// <exception cref="GateException">The process does not report it.</exception>
    public double KeptRentals(string process) => Rounds.Max(round => (double?)round[process]!["keptRentals"]
        ?? throw new GateException($"{Scenario} over {Protocol}: the {process} does not report what it has rented"));

    /// <summary>A counter of a process per unit, over all rounds.</summary>
    /// <exception cref="GateException">The process does not report it.</exception>
    public double PerUnit(string process, string counter) => Sum(process, counter) / Rounds.Sum(round => (double)round["units"]!);

    /// <summary>A counter of a process over another.</summary>
    /// <exception cref="GateException">The process does not report one of them.</exception>
    public double Ratio(string process, string counter, string divisor) => Sum(process, counter) / Sum(process, divisor);

    private double Sum(string process, string counter) => Rounds.Sum(round => (double?)round[process]!["counters"]![counter]
        ?? throw new GateException($"{Scenario} over {Protocol}: the {process} does not report '{counter}'"));
}
