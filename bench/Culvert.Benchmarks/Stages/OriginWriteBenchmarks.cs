using System.Diagnostics;
using System.IO.Pipelines;
using BenchmarkDotNet.Attributes;
using Culvert.Engine.Origins.Http.Requests;
using Culvert.Transports.DataStreams;
using Culvert.Transports.Headers;
using Culvert.Transports.Streams;

namespace Culvert.Benchmarks.Stages;

/// <summary>The two heads of the OriginWrite stage: the request's towards the origin, the response's towards the edge.</summary>
[MemoryDiagnoser]
public class OriginWriteBenchmarks : IDisposable
{
    private readonly RequestHead _request = new();
    private readonly HeaderList _response = new();
    private readonly ConnectResponseWriter _writer = new();
    private readonly Pipe _pipe = new(new PipeOptions(pauseWriterThreshold: 0, useSynchronizationContext: false));
    private static readonly OriginHost Host = new("demo.example"u8.ToArray(), []);

    private readonly byte[] _serialized = new byte[8192];
    private RequestFraming _framing;

    [GlobalSetup]
    public void Setup()
    {
        _request.SetLine("GET", "demo.example", "/index.html?page=1");
        foreach (var (name, value) in SampleRequest.Headers)
        {
            _request.Headers.Add(name, value);
        }

        _framing = RequestFraming.Of(_request);
        _response.Add("Content-Type", "text/html; charset=utf-8");
        _response.Add("Content-Length", "1024");
        _response.Add("Date", "Sun, 22 Nov 2026 10:00:00 GMT");
        _response.Add("Server", "test");
    }

    [GlobalCleanup]
    public void Dispose()
    {
        _writer.Dispose();
        GC.SuppressFinalize(this);
    }

    [Benchmark]
    public void RequestHead()
    {
        RequestHeadWriter.Write(_pipe.Writer, _request, _framing, Host);
        Drain();
    }

    [Benchmark]
    public void ResponseHeadOverQuic()
    {
        _writer.Start();
        _writer.AddStatus(200);
        for (var i = 0; i < _response.Count; i++)
        {
            _writer.AddHeader(_response[i].Name, _response[i].Value);
        }

        _writer.WriteTo(_pipe.Writer);
        Drain();
    }

    [Benchmark]
    public int ResponseHeadersOverHttp2() => SerializedHeaders.Write(_response, _serialized);

    private void Drain()
    {
        var flush = _pipe.Writer.FlushAsync();
        Debug.Assert(flush.IsCompleted, "nothing holds the writer back");
        _pipe.Reader.TryRead(out var read);
        _pipe.Reader.AdvanceTo(read.Buffer.End);
    }
}
