using System.Text.Json;
using System.Text.Json.Serialization;

namespace Culvert.PerfGate.Baselines;

/// <summary>What a good build costs: the file that a change of cost has to change too, with a reason.</summary>
public sealed record Baseline
{
    private static readonly JsonSerializerOptions Format = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        WriteIndented = true,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingDefault,
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
        Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    /// <summary>Commit that ring 3 builds and compares with; empty for none.</summary>
    public string Commit { get; init; } = "";

    /// <summary>Why it is that commit.</summary>
    public string CommitReason { get; init; } = "";

    /// <summary>The figures of rings 1 and 2, each name once.</summary>
    public required IReadOnlyList<BaselineFigure> Figures { get; init; }

    /// <summary>Reads a baseline.</summary>
    /// <exception cref="GateException">It is not valid; the text says where.</exception>
    public static Baseline Parse(string json)
    {
        Baseline? baseline;
        try
        {
            baseline = JsonSerializer.Deserialize<Baseline>(json, Format);
        }
        catch (JsonException e)
        {
            throw new GateException($"the baseline is not valid: {e.Message}");
        }

        foreach (var figure in baseline?.Figures ?? throw new GateException("the baseline is empty"))
        {
            if (string.IsNullOrWhiteSpace(figure.Reason))
            {
                throw new GateException($"the baseline's figure {figure.Name} has no reason");
            }
        }

        return baseline.Figures.GroupBy(figure => figure.Name).FirstOrDefault(group => group.Count() > 1) is { } twice
            ? throw new GateException($"the baseline has {twice.Key} twice") : baseline;
    }

    /// <summary>Writes it in a form that is stable, one line for each property.</summary>
    public string ToJson() => JsonSerializer.Serialize(this, Format) + "\n";

    /// <summary>The baseline with these measurements; where one changed by more than its slack, with the new reason.</summary>
    /// <param name="measured">Figures of this build; new ones are added with a slack of nothing.</param>
    /// <param name="reason">Why they changed.</param>
    public Baseline With(IReadOnlyList<Measurement> measured, string reason)
    {
        var known = Figures.ToDictionary(figure => figure.Name);
        var figures = Figures.Select(figure => measured.FirstOrDefault(m => m.Name == figure.Name) is { } now
            && figure.Judge(now.Value) != Verdict.Same ? figure with { Value = now.Value, Reason = reason } : figure);
        return this with
        {
            Figures = [.. figures,
                .. measured.Where(m => !known.ContainsKey(m.Name)).Select(m => new BaselineFigure(m.Name, m.Value, reason))],
        };
    }
}
