using System.Text.Json.Nodes;
using Culvert.Benchmarks.Load.Scenarios;
using Culvert.PerfGate.Statistics;

namespace Culvert.Benchmarks.Load;

/// <summary>One line of JSON for each result, for programs: every round, so that ratios can be formed from neighbours.</summary>
internal static class LoadJson
{
    public static string Line(ScenarioResult result) => new JsonObject
    {
        ["scenario"] = result.Scenario.Name,
        ["protocol"] = result.Protocol,
        ["connector"] = result.Connector,
        ["unit"] = result.Scenario.Unit,
        ["rounds"] = new JsonArray([.. result.Rounds.Select(Round)]),
        ["syscalls"] = result.Calls is { } calls
            ? new JsonObject { ["connector"] = calls.Connector, ["edge"] = calls.Edge } : null,
    }.ToJsonString();

    private static JsonObject Round(Sample sample) => new()
    {
        ["units"] = sample.Units,
        ["failures"] = sample.Failures,
        ["seconds"] = sample.Seconds,
        ["p50Milliseconds"] = Number(Quantile.Of(sample.Latencies, 0.5)),
        ["p99Milliseconds"] = Number(Quantile.Of(sample.Latencies, 0.99)),
        ["p999Milliseconds"] = Number(Quantile.Of(sample.Latencies, 0.999)),
        ["connector"] = Process(sample.Connector, sample.ConnectorRented),
        ["edge"] = Process(sample.Edge, sample.EdgeRented),
    };

    private static JsonObject Process(Usage usage, long? rented) => new()
    {
        ["cpuSeconds"] = usage.CpuSeconds,
        ["grownBytes"] = usage.GrownBytes,
        ["peakBytes"] = usage.PeakBytes,
        ["keptRentals"] = rented,
        ["counters"] = new JsonObject(usage.Counters.Select(pair => KeyValuePair.Create(pair.Key, (JsonNode?)pair.Value))),
    };

    private static JsonValue? Number(double value) => double.IsNaN(value) ? null : JsonValue.Create(value);
}
