using BenchmarkDotNet.Attributes;
using Culvert.Transports.DataStreams;
using Culvert.Transports.Quic.ConnectorRole;
using Culvert.Transports.Streams;

namespace Culvert.Benchmarks.Stages;

/// <summary>The Decode stage: a request head that borrows from its message, and one that copies, for comparison.</summary>
[MemoryDiagnoser]
public class DecodeBenchmarks : IDisposable
{
    private readonly ConnectRequestReader _reader = new();
    private readonly RequestHead _head = new();

    [GlobalSetup]
    public void Setup() => SampleRequest.ReadInto(_reader);

    [GlobalCleanup]
    public void Dispose()
    {
        _reader.Dispose();
        GC.SuppressFinalize(this);
    }

    [Benchmark(Baseline = true)]
    public int Borrowed()
    {
        ConnectRequestDecoding.TryRead(_reader, _head);
        var fields = _head.Headers.Count;
        _head.Clear();
        return fields;
    }

    [Benchmark]
    public int CopiedFromStrings()
    {
        _head.SetLine("GET", "demo.example", "/index.html?page=1");
        foreach (var (name, value) in SampleRequest.Headers)
        {
            _head.Headers.Add(name, value);
        }

        var fields = _head.Headers.Count;
        _head.Clear();
        return fields;
    }
}
