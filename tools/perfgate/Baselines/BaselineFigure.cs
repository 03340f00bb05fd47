using System.Text.Json.Serialization;

namespace Culvert.PerfGate.Baselines;

/// <summary>One figure of a good build.</summary>
/// <param name="Name">What was measured.</param>
/// <param name="Value">How much it was.</param>
/// <param name="Reason">Why it is as much as that, or why it was changed last.</param>
public sealed record BaselineFigure(string Name, double Value, string Reason)
{
    /// <summary>How far a measurement may be off and still be the same, in the figure's own unit.</summary>
    public double Slack { get; init; }

    /// <summary>The same as a share of <see cref="Value"/>; the two add up.</summary>
    public double SlackShare { get; init; }

    /// <summary>Why it has that room: what repeated runs have shown. Stays when the value is recorded anew.</summary>
    public string? SlackReason { get; init; }

    /// <summary>True where more is better, such as datagrams for each system call.</summary>
    public bool MoreIsBetter { get; init; }

    /// <summary>Both together, in the figure's own unit.</summary>
    [JsonIgnore]
    public double Room => Slack + (Math.Abs(Value) * SlackShare);

    /// <summary>Compares a measurement with the figure.</summary>
    public Verdict Judge(double measured)
    {
        var worse = MoreIsBetter ? Value - measured : measured - Value;
        return double.IsNaN(measured) || worse > Room ? Verdict.Worse : worse < -Room ? Verdict.Better : Verdict.Same;
    }
}
