using System.Globalization;

namespace Culvert.PerfGate.Baselines;

/// <summary>All measurements of a build beside their baseline.</summary>
public sealed class Comparison
{
    private readonly List<string> _lines = [];

    /// <summary>Compares. A measurement without a figure fails too: the baseline has to say what it should be.</summary>
    public Comparison(Baseline baseline, IReadOnlyList<Measurement> measured)
    {
        ArgumentNullException.ThrowIfNull(baseline);
        ArgumentNullException.ThrowIfNull(measured);
        foreach (var (name, value) in measured)
        {
            var figure = baseline.Figures.FirstOrDefault(figure => figure.Name == name);
            var verdict = figure?.Judge(value) ?? Verdict.Worse;
            if (verdict == Verdict.Worse)
            {
                Worse.Add(name);
            }

            _lines.Add(string.Create(CultureInfo.InvariantCulture, $"{Word(figure, verdict),-6} {name,-44} {value,14:0.###}   ")
                + (figure is null ? "not in the baseline" : string.Create(
                    CultureInfo.InvariantCulture, $"baseline {figure.Value:0.###}, room {figure.Room:0.###}")));
        }
    }

    /// <summary>Names of what is worse than its baseline.</summary>
    public List<string> Worse { get; } = [];

    /// <summary>One line for each measurement.</summary>
    public IReadOnlyList<string> Lines => _lines;

    private static string Word(BaselineFigure? figure, Verdict verdict) => (figure, verdict) switch
    {
        (null, _) => "NEW",
        (_, Verdict.Worse) => "WORSE",
        (_, Verdict.Better) => "better",
        _ => "ok",
    };
}
