namespace Culvert.PerfGate.Baselines;

/// <summary>What a measurement says about a build.</summary>
public enum Verdict
{
    /// <summary>Within the slack.</summary>
    Same,

    /// <summary>Better by more than the slack: fine, and time to record it.</summary>
    Better,

    /// <summary>Worse by more than the slack, or not a number: the build fails.</summary>
    Worse,
}
