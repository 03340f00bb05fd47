using System.Globalization;
using System.Text;
using BenchmarkDotNet.Attributes;
using Culvert.Ingress.OriginRequests;
using Culvert.Ingress.Rules;
using Culvert.Ingress.Snapshots;

namespace Culvert.Benchmarks.Stages;

/// <summary>
/// Finding a rule in tables of very different length, half of them wildcards. A few hosts are asked for again and again, as
/// visitors do, and then more of them than the processor's caches hold.
/// </summary>
[MemoryDiagnoser]
public class RuleTableBenchmarks
{
    private const int Few = 16;
    private const int Many = 4096;

    private RuleDefinition[] _definitions = [];
    private IngressSnapshot _snapshot = null!;
    private byte[][] _exact = [];
    private byte[][] _wildcard = [];
    private int _next;

    /// <summary>Length of the table.</summary>
    [Params(10, 1000, 100_000)]
    public int Rules { get; set; }

    /// <summary>Builds the table.</summary>
    [GlobalSetup]
    public void Setup()
    {
        _definitions =
        [
            .. Enumerable.Range(0, Rules - 1)
                .Select(i => new RuleDefinition { Hostname = Host(i), Service = "http://127.0.0.1:8080" }),
            new RuleDefinition { Service = "http_status:404" },
        ];
        _snapshot = Build();
        var step = Math.Max(1, (Rules - 1) / 2 / Many);
        var pairs = Math.Min(Many, (Rules - 1) / 2);
        _exact = [.. Enumerable.Range(0, pairs).Select(i => Bytes(Host(2 * i * step)))];
        _wildcard = [
            .. Enumerable.Range(0, pairs)
                .Select(i => Bytes(Host((2 * i * step) + 1).Replace("*", "w", StringComparison.Ordinal)))];
    }

    /// <summary>One of a few exact hosts.</summary>
    [Benchmark]
    public int Exact() => Match(_exact, Few);

    /// <summary>One of a few hosts below wildcards.</summary>
    [Benchmark]
    public int Wildcard() => Match(_wildcard, Few);

    /// <summary>One of thousands of exact hosts from all over the table.</summary>
    [Benchmark]
    public int ExactEverywhere() => Match(_exact, Many);

    /// <summary>One of thousands of hosts below wildcards.</summary>
    [Benchmark]
    public int WildcardEverywhere() => Match(_wildcard, Many);

    /// <summary>Checks the rules and builds their table.</summary>
    [Benchmark]
    public IngressSnapshot Build() => IngressSnapshot.Create(_definitions, OriginRequestOverrides.None);

    private int Match(byte[][] hosts, int most)
    {
        var host = _next;
        _next = host + 1 >= Math.Min(hosts.Length, most) ? 0 : host + 1;
        return _snapshot.Match(hosts[host], "/index.html"u8);
    }

    private static string Host(int index) =>
        string.Create(CultureInfo.InvariantCulture, $"{(index % 2 == 0 ? "app" : "*.")}{index:D5}.example.com");

    private static byte[] Bytes(string text) => Encoding.ASCII.GetBytes(text);
}
