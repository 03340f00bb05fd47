using System.Globalization;

namespace Culvert.Benchmarks.Quic;

/// <summary>Runs scenarios and prints one row each.</summary>
internal static class QuicTable
{
    private static readonly (string Name, Func<QuicLab, Task> Run)[] Scenarios =
    [
        ("bulk-1", lab => QuicScenarios.BulkAsync(lab, "bulk-1", 1, 2L << 30)),
        ("bulk-100", lab => QuicScenarios.BulkAsync(lab, "bulk-100", 100, 2L << 30)),
        ("datagram-1200", lab => QuicScenarios.DatagramsAsync(lab, "datagram-1200", 1200)),
        ("datagram-64", lab => QuicScenarios.DatagramsAsync(lab, "datagram-64", 64)),
        ("echo", lab => QuicScenarios.EchoAsync(lab, 400_000)),
        ("handshake", lab => QuicScenarios.HandshakesAsync(lab, 3000)),
        ("paced-1gbit", lab => QuicScenarios.PacedAsync(lab, TimeSpan.FromSeconds(10))),
        ("idle", lab => QuicScenarios.IdleAsync(lab, 2000)),
    ];

    public static async Task<int> RunAsync(string[] names)
    {
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"AES-128-GCM of 1350 bytes: {AesYardstick.Nanoseconds():F0} ns (the yardstick's machine: 544 ns)"));
        foreach (var (name, run) in Scenarios)
        {
            if (names.Length > 0 && !names.Contains(name))
                continue;
            // The paced row is about the system's default socket buffers.
            Environment.SetEnvironmentVariable("BENCH_SOCKET_BUFFER", name == "paced-1gbit" ? "0" : null);
            await using var lab = await QuicLab.StartAsync();
            await run(lab);
        }
        return 0;
    }

    public static void Row(string name, params (string Label, double Value, string Format)[] cells) =>
        Console.WriteLine($"{name,-14} " + string.Join("  ", cells.Select(cell => string.Create(CultureInfo.InvariantCulture,
            $"{cell.Label} {cell.Value.ToString(cell.Format, CultureInfo.InvariantCulture)}"))));
}
