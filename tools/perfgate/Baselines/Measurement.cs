namespace Culvert.PerfGate.Baselines;

/// <summary>One figure of the build under test.</summary>
/// <param name="Name">The same name as in the baseline.</param>
/// <param name="Value">How much.</param>
public sealed record Measurement(string Name, double Value);
