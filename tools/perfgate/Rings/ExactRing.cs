using System.Globalization;
using Culvert.PerfGate.Baselines;
using Culvert.PerfGate.Callgrind;

namespace Culvert.PerfGate.Rings;

/// <summary>Ring 1: figures that are counts, not times. Any change for the worse beyond their slack blocks.</summary>
internal static class ExactRing
{
    private const string Requests = "20000";
    private const string Mebibytes = "64";
    private const string Allocated = "allocated";

    public static IReadOnlyList<Measurement> Measure() =>
    [
        .. Operations(), .. OfRequests("quic"), .. OfRequests("http2"), .. OfBodies(),
        .. Processor.IsBaselines ? [BinarySize(), .. CopyCount.Measure()] : Array.Empty<Measurement>(),
    ];

    /// <summary>Garbage for each request, of a connector that is the product's or another.</summary>
    public static IReadOnlyList<Measurement> OfRequests(string protocol, string connector = Programs.Product)
    {
        var line = Programs.Load(
            "get-50", "--protocol", protocol, "--requests", Requests, "--rounds", "1", "--no-syscalls",
                "--connector", connector)[0];
        return
        [
            new($"get-50/{protocol}/connector/bytes-allocated", line.PerUnit("connector", Allocated)),
            new($"get-50/{protocol}/edge/bytes-allocated", line.PerUnit("edge", Allocated)),
            new($"get-50/{protocol}/connector/kept-rentals", line.KeptRentals("connector")),
            new($"get-50/{protocol}/edge/kept-rentals", line.KeptRentals("edge")),
        ];
    }

    /// <summary>How large bodies meet the kernel. System calls only where something here can count them.</summary>
    public static IReadOnlyList<Measurement> OfBodies(string connector = Programs.Product)
    {
        var lines = Programs.Load("down", "up", "--protocol", "quic", "--mib", Mebibytes,
            "--rounds", "1", "--connector", connector);
        var (down, up) = (lines.Single(line => line.Scenario == "down"), lines.Single(line => line.Scenario == "up"));
        var measured = new List<Measurement>
        {
            new("down/quic/connector/datagrams-per-message", down.Ratio("connector", "udp_sent", "udp_messages")),
            new("up/quic/edge/datagrams-per-message", up.Ratio("edge", "udp_sent", "udp_messages")),
        };
        foreach (var line in lines)
        {
            if (line.Calls("connector") is { } calls)
            {
                measured.Add(new($"{line.Scenario}/quic/connector/syscalls-per-mib", calls));
            }
        }

        return measured;
    }

    private static Measurement BinarySize() => File.Exists(Programs.Product)
        ? new("binary/bytes", new FileInfo(Programs.Product).Length)
        : throw new GateException($"{Programs.Product} is missing; use tools/perfgate.sh, which builds it");

    private static IEnumerable<Measurement> Operations() => Programs.Run(Programs.Harness, "allocations")
        .Split('\n', StringSplitOptions.RemoveEmptyEntries)
        .Select(line => line.Split(' '))
        .Select(words => new Measurement($"{words[0]}/bytes-allocated", double.Parse(words[1], CultureInfo.InvariantCulture)));
}
