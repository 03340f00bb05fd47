using System.Globalization;
using System.Text;
using Culvert.Ingress.OriginRequests;
using Culvert.Ingress.Rules;
using Culvert.Ingress.Snapshots;

namespace Culvert.Benchmarks.Stages;

/// <summary>
/// <c>routes</c>: what finding a rule costs in tables of very different length, asked by turns in one run, so that the ratio
/// between them means something on a busy machine. Half of the rules are wildcards.
/// </summary>
internal static class RouteCost
{
    private const int Few = 16;
    private const int Many = 4096;
    private const int LookUps = 200_000;
    private const int Rounds = 40;

    private static readonly int[] Lengths = [10, 1_000, 100_000];

    /// <summary>Measures, and prints the best round of each.</summary>
    public static int Run()
    {
        var tables = Array.ConvertAll(Lengths, length => new Table(length));
        (string Name, Func<Table, byte[][]> Hosts, int Most)[] kinds =
        [
            ("exact", table => table.Exact, Few), ("wildcard", table => table.Wildcard, Few),
            ("exact, everywhere", table => table.Exact, Many), ("wildcard, everywhere", table => table.Wildcard, Many),
        ];
        var best = new double[kinds.Length, tables.Length];
        var allocated = 0L;
        for (var round = -1; round < Rounds; round++)
        {
            for (var kind = 0; kind < kinds.Length; kind++)
            {
                for (var table = 0; table < tables.Length; table++)
                {
                    var before = GC.GetAllocatedBytesForCurrentThread();
                    var taken = tables[table].Nanoseconds(kinds[kind].Hosts(tables[table]), kinds[kind].Most);
                    allocated += round < 0 ? 0 : GC.GetAllocatedBytesForCurrentThread() - before;
                    best[kind, table] = round <= 0 ? taken : Math.Min(best[kind, table], taken);
                }
            }
        }

        for (var kind = 0; kind < kinds.Length; kind++)
        {
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{kinds[kind].Name,-22}") + string.Join(
                "   ", Lengths.Select((length, table) => string.Create(
                    CultureInfo.InvariantCulture,
                    $"{length,7} rules: {best[kind, table],5:F1} ns, {best[kind, table] / best[kind, 0]:F2}x"))));
        }

        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"allocated by all look-ups: {allocated} bytes"));
        return 0;
    }

    private sealed class Table
    {
        private readonly IngressSnapshot _snapshot;

        public Table(int rules)
        {
            _snapshot = IngressSnapshot.Create(
                [
                    .. Enumerable.Range(0, rules - 1)
                        .Select(i => new RuleDefinition { Hostname = Host(i), Service = "http://127.0.0.1:8080" }),
                    new RuleDefinition { Service = "http_status:404" },
                ],
                OriginRequestOverrides.None);
            var pairs = Math.Min(Many, (rules - 1) / 2);
            var step = Math.Max(1, (rules - 1) / 2 / Many);
            Exact = [.. Enumerable.Range(0, pairs).Select(i => Bytes(Host(2 * i * step)))];
            Wildcard = [
                .. Enumerable.Range(0, pairs)
                    .Select(i => Bytes(Host((2 * i * step) + 1).Replace("*", "w", StringComparison.Ordinal)))];
        }

        public byte[][] Exact { get; }

        public byte[][] Wildcard { get; }

        public double Nanoseconds(byte[][] hosts, int most)
        {
            var count = Math.Min(hosts.Length, most);
            var found = 0L;
            var begun = TimeProvider.System.GetTimestamp();
            for (int i = 0, host = 0; i < LookUps; i++)
            {
                found += _snapshot.Match(hosts[host], "/index.html"u8);
                host = host + 1 >= count ? 0 : host + 1;
            }

            var taken = TimeProvider.System.GetElapsedTime(begun);
            return found < 0 ? 0 : taken.TotalNanoseconds / LookUps;
        }

        private static string Host(int index) =>
            string.Create(CultureInfo.InvariantCulture, $"{(index % 2 == 0 ? "app" : "*.")}{index:D5}.example.com");

        private static byte[] Bytes(string text) => Encoding.ASCII.GetBytes(text);
    }
}
