using System.Globalization;
using Culvert.Benchmarks.Load.Processes;
using Culvert.Benchmarks.Load.Scenarios;

namespace Culvert.Benchmarks.Load;

/// <summary>The command line of <c>load</c>.</summary>
internal sealed class LoadOptions
{
    private readonly List<Scenario> _scenarios = [];
    private string? _connector;
    private string? _compared;

    private LoadOptions()
    {
    }

    public IReadOnlyList<Scenario> Scenarios => _scenarios.Count > 0 ? _scenarios : Scenario.All;

    public IReadOnlyList<string> Protocols { get; private set; } = ["quic", "http2"];

    /// <summary>The binary under test: edge node, and connector unless <c>--connector</c> says otherwise.</summary>
    public string Culvert { get; private set; } = "artifacts/culvert";

    public LoadSettings Settings { get; private set; } = new(TimeSpan.FromSeconds(5), long.MaxValue, 1024, 2, true);

    /// <summary>File that gets a line of JSON for each result.</summary>
    public string? JsonFile { get; private set; }

    /// <summary>The connectors, of which the second is the one compared with.</summary>
    public IReadOnlyList<ConnectorCommand> Connectors => _compared is null
        ? [ConnectorCommand.Parse("culvert", _connector ?? Culvert)]
        : [ConnectorCommand.Parse("culvert", _connector ?? Culvert), ConnectorCommand.Parse("compared", _compared)];

    /// <exception cref="BenchmarkException">An argument is not known, or its value is not usable.</exception>
    public static LoadOptions Parse(string[] args)
    {
        var options = new LoadOptions();
        var words = new Queue<string>(args);
        while (words.TryDequeue(out var word))
        {
            options.Take(word, words);
        }

        return options;
    }

    private void Take(string word, Queue<string> rest)
    {
        string Value() => rest.TryDequeue(out var value) ? value : throw new BenchmarkException($"{word} needs a value");
        int Number() => Value() is var text
            && int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number > 0
            ? number : throw new BenchmarkException($"{word}: {text} is not a positive number");
        switch (word)
        {
            case "--protocol":
                Protocols = Value() switch
                {
                    "quic" => ["quic"],
                    "http2" => ["http2"],
                    _ => throw new BenchmarkException("--protocol is quic or http2"),
                };
                break;
            case "--culvert":
                Culvert = Value();
                break;
            case "--connector":
                _connector = Value();
                break;
            case "--compare":
                _compared = Value();
                break;
            case "--json":
                JsonFile = Value();
                break;
            case "--seconds":
                Settings = Settings with { Time = TimeSpan.FromSeconds(Number()) };
                break;
            case "--requests":
                Settings = Settings with { Requests = Number(), Time = TimeSpan.FromHours(1) };
                break;
            case "--mib":
                Settings = Settings with { Mebibytes = Number() };
                break;
            case "--rounds":
                Settings = Settings with { Rounds = Number() };
                break;
            case "--no-syscalls":
                Settings = Settings with { CountCalls = false };
                break;
            default:
                _scenarios.Add(Scenario.All.FirstOrDefault(scenario => scenario.Name == word) ?? throw new BenchmarkException(
                    $"'{word}' is no option; the scenarios are " +
                    $"{string.Join(", ", Scenario.All.Select(scenario => scenario.Name))}"));
                break;
        }
    }
}
