using BenchmarkDotNet.Attributes;
using Culvert.Transports.Http2.ConnectorRole;
using Microsoft.AspNetCore.Http.Features;

namespace Culvert.Benchmarks.Stages;

/// <summary>The Classify stage of HTTP/2.</summary>
[MemoryDiagnoser]
public class ClassifyBenchmarks
{
    private readonly HttpRequestFeature _request = new();

    [GlobalSetup]
    public void Setup()
    {
        foreach (var (name, value) in SampleRequest.Headers)
        {
            _request.Headers[name] = value;
        }
    }

    [Benchmark]
    public int Http() => (int)StreamClassification.Of(_request);
}
