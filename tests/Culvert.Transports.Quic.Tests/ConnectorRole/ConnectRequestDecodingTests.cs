using System.IO.Pipelines;
using System.Text;
using Culvert.Transports.DataStreams;
using Culvert.Transports.Headers;
using Culvert.Transports.Quic.ConnectorRole;
using Culvert.Transports.Streams;

namespace Culvert.Transports.Quic.Tests.ConnectorRole;

/// <summary>The Decode stage: from a ConnectRequest to a request head.</summary>
public sealed class ConnectRequestDecodingTests : IDisposable
{
    private readonly ConnectRequestWriter _writer = new();
    private readonly ConnectRequestReader _reader = new();
    private readonly RequestHead _head = new();
    private readonly Pipe _pipe = new(new PipeOptions(useSynchronizationContext: false));

    [Fact]
    public void Request_is_taken_apart()
    {
        Assert.Null(Decode(ConnectionType.Http, "https://demo.example/a%20b?c=1", ("HttpMethod", "POST"),
            ("HttpHost", "demo.example:80"), ("HttpHeader:Accept", "*/*"), ("HttpHeader:x-lower", "1"),
            ("HttpHeader:Content-Length", "5"), ("HttpHeader:Cf-Trace-Id", "1:2:0:1")));

        Assert.Equal("POST"u8, _head.Method);
        Assert.Equal("demo.example:80"u8, _head.Authority);
        Assert.Equal("/a%20b?c=1"u8, _head.Target);
        Assert.Equal("1:2:0:1"u8, _head.TraceContext);
        Assert.True(_head.HasBody);
        Assert.Equal(5, _head.ContentLength);
        Assert.Equal(["Accept: */*", "X-Lower: 1", "Content-Length: 5"],
            Enumerable.Range(0, _head.Headers.Count).Select(i => $"{_head.Headers[i].NameText}: {_head.Headers[i].ValueText}"));
    }

    [Theory]
    [InlineData("", "/")]
    [InlineData("/a?b", "/a?b")]
    [InlineData("https://demo.example", "/")]
    [InlineData("https://demo.example?a", "?a")]
    public void Target_is_the_path_and_query_of_a_reference(string dest, string expected)
    {
        Assert.Null(Decode(ConnectionType.Http, dest));
        Assert.Equal(Encoding.Latin1.GetBytes(expected), _head.Target.ToArray());
        Assert.Equal("GET"u8, _head.Method);
    }

    [Fact]
    public void Tcp_has_a_destination_and_bytes_that_follow()
    {
        Assert.Null(Decode(ConnectionType.Tcp, "10.0.0.5:22", ("FlowID", "7"), ("cf-trace-id", "t")));
        Assert.Equal(StreamKind.Tcp, _head.Kind);
        Assert.Equal("10.0.0.5:22"u8, _head.Authority);
        Assert.Equal("7"u8, _head.FlowId);
        Assert.Equal("t"u8, _head.TraceContext);
        Assert.True(_head.HasBody);
    }

    [Theory]
    [InlineData("HttpMethod", "BAD METHOD", "invalid method")]
    [InlineData("HttpHeader", "1", "malformed")]
    [InlineData("HttpHeader:A:B", "1", "malformed")]
    [InlineData("HttpHeader:Content-Length", "1x", "content-length")]
    public void What_the_edge_got_wrong_is_named(string key, string value, string error) =>
        Assert.Contains(error, Decode(ConnectionType.Http, "/", (key, value)), StringComparison.Ordinal);

    [Fact]
    public void Head_borrows_from_the_message_and_allocates_nothing()
    {
        var least = long.MaxValue;
        for (var i = 0; i < 100; i++)
        {
            Read(ConnectionType.Http, "https://demo.example/index.html", ("HttpMethod", "GET"), ("HttpHost", "demo.example"),
                ("HttpHeader:Accept", "*/*"), ("HttpHeader:User-Agent", "test"));
            var before = GC.GetAllocatedBytesForCurrentThread();
            var error = ConnectRequestDecoding.TryRead(_reader, _head);
            least = Math.Min(least, GC.GetAllocatedBytesForCurrentThread() - before);
            Assert.Null(error);
            Assert.True(_reader.Body.Span.Overlaps(_head.Target));
            Assert.True(_reader.Body.Span.Overlaps(_head.Headers[1].Value));
            _head.Clear();
        }

        Assert.Equal(0, least);
    }

    [Fact]
    public void Response_head_is_encoded_without_allocating()
    {
        using var writer = new ConnectResponseWriter();
        var head = new HeaderList();
        head.Add("Content-Type", "text/plain");
        head.Add("Content-Length", "2");
        var least = long.MaxValue;
        for (var i = 0; i < 100; i++)
        {
            var before = GC.GetAllocatedBytesForCurrentThread();
            writer.Start();
            writer.AddStatus(200);
            for (var field = 0; field < head.Count; field++)
            {
                writer.AddHeader(head[field].Name, head[field].Value);
            }

            writer.WriteTo(_pipe.Writer);
            least = Math.Min(least, GC.GetAllocatedBytesForCurrentThread() - before);
            Flush();
            _pipe.Reader.TryRead(out var read);
            _pipe.Reader.AdvanceTo(read.Buffer.End);
        }

        Assert.Equal(0, least);
    }

    public void Dispose()
    {
        _head.Clear();
        _reader.Dispose();
        _writer.Dispose();
    }

    private string? Decode(ConnectionType type, string dest, params (string Key, string Value)[] metadata)
    {
        Read(type, dest, metadata);
        return ConnectRequestDecoding.TryRead(_reader, _head);
    }

    private void Read(ConnectionType type, string dest, params (string Key, string Value)[] metadata)
    {
        _writer.Start(type, Encoding.Latin1.GetBytes(dest));
        foreach (var (key, value) in metadata)
        {
            _writer.Add(key, value, Encoding.Latin1);
        }

        _writer.WriteTo(_pipe.Writer);
        Flush();
        var reading = _reader.ReadAsync(_pipe.Reader, default).AsTask();
        Assert.True(reading.IsCompletedSuccessfully);
    }

    private void Flush()
    {
        var flush = _pipe.Writer.FlushAsync().AsTask();
        Assert.True(flush.IsCompletedSuccessfully);
    }
}
