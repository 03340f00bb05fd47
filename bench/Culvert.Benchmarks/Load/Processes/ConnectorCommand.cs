namespace Culvert.Benchmarks.Load.Processes;

/// <summary>
/// A connector's command line with placeholders: {edge}, {cacert}, {protocol}, {origin}, {token}, {api}. A command without any of
/// them, such as the path of a cloudflared binary, gets the arguments that Culvert's own connector gets.
/// </summary>
internal sealed record ConnectorCommand(string Name, IReadOnlyList<string> Words)
{
    private const string Arguments =
        "tunnel --no-autoupdate --edge {edge} --cacert {cacert} --protocol {protocol} --url {origin} run --token {token}";

    /// <summary>Splits a command at its spaces; there is no quoting.</summary>
    /// <exception cref="BenchmarkException">It is empty.</exception>
    public static ConnectorCommand Parse(string name, string text)
    {
        if (text.Trim().Length == 0)
        {
            throw new BenchmarkException($"the command of connector {name} is empty");
        }

        var whole = text.Contains('{', StringComparison.Ordinal) ? text : $"{text} {Arguments}";
        return new ConnectorCommand(name, whole.Split(' ', StringSplitOptions.RemoveEmptyEntries));
    }

    /// <summary>The command line with every placeholder replaced by its value.</summary>
    public IReadOnlyList<string> Fill(IReadOnlyDictionary<string, string> values) => [.. Words.Select(word =>
        values.Aggregate(word, (text, pair) => text.Replace($"{{{pair.Key}}}", pair.Value, StringComparison.Ordinal)))];
}
