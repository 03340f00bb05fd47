using BenchmarkDotNet.Attributes;
using Culvert.Engine.Routing;
using Culvert.Ingress.Services;
using Culvert.Ingress.Snapshots;
using Culvert.Transports.Streams;

namespace Culvert.Benchmarks.Stages;

/// <summary>The Route stage; the table itself is measured where it lives.</summary>
[MemoryDiagnoser]
public class RouteBenchmarks
{
    private readonly IngressSnapshot _snapshot = IngressSnapshot.CatchAll(new OriginService.Status(404));
    private readonly RequestHead _head = new();

    [GlobalSetup]
    public void Setup() => _head.SetLine("GET", "demo.example:8080", "/index.html?page=1");

    [Benchmark]
    public int Find() => RequestRoute.Find(_snapshot, _head);
}
