using System.Diagnostics;
using System.Text;
using Culvert.Engine.Tracing;
using Culvert.Tests.Fixtures;
using Culvert.Transports.Streams;

namespace Culvert.Engine.Tests.Tracing;

public sealed class RequestSpansTests : IDisposable
{
    private const string Trace = "0123456789abcdef0123456789abcdef";
    private const string Parent = $"00-{Trace}-00f067aa0ba902b7-01";

    private readonly RequestSpans _spans = new(RequestSpans.ConnectorScope);
    private readonly SpanRecorder _recorder;

    public RequestSpansTests() => _recorder = new SpanRecorder(_spans.Source);

    [Fact]
    public void Long_texts_are_cut_where_the_access_log_cuts_them()
    {
        var request = Request(new string('M', 40_000), new string('h', 40_000), "/" + new string('p', 40_000) + "?q");
        request.Headers.Add("cf-ray", new string('r', 40_000));
        var span = Serve(request, new string('e', 40_000));

        Assert.Equal(new string('M', 256), span.DisplayName);
        Assert.Equal(new string('M', 256), span.GetTagItem("http.request.method"));
        Assert.Equal(new string('h', 256), span.GetTagItem("server.address"));
        Assert.Equal("/" + new string('p', 2047), span.GetTagItem("url.path"));
        Assert.Equal(new string('r', 256), span.GetTagItem("cf.ray"));
        Assert.Equal(new string('e', 2048), span.StatusDescription);
    }

    [Fact]
    public void Texts_at_their_limits_are_whole()
    {
        var (word, path) = (new string('w', RequestSpan.MaxWord), "/" + new string('p', RequestSpan.MaxPath - 1));
        var span = Serve(Request(word, word, path + "?q"));

        Assert.Equal((word, word, path), (span.DisplayName, span.GetTagItem("server.address"), span.GetTagItem("url.path")));
    }

    [Theory]
    [InlineData(RequestSpans.MaxTraceState, true)]
    [InlineData(RequestSpans.MaxTraceState + 1, false)]
    public void Trace_state_is_whole_in_the_span_or_not_there_and_passes_on(int length, bool isThere)
    {
        var state = "k=" + new string('v', length - 2);
        var request = Request();
        request.Headers.Add("traceparent", Parent);
        request.Headers.Add("tracestate", state);
        var span = Serve(request);

        Assert.Equal((Trace, isThere ? state : null), (span.TraceId.ToHexString(), span.TraceStateString));
        Assert.Equal(state, Field(request, "tracestate"));
    }

    [Theory]
    [InlineData(Parent, "", "k=v")]
    [InlineData(Parent, $"{Trace}:00f067aa0ba902b7:0:1", "k=v")]
    [InlineData("garbage", "", null)]
    [InlineData(null, "", null)]
    [InlineData(null, $"{Trace}:00f067aa0ba902b7:0:1", null)]
    public void Trace_state_passes_on_with_its_own_trace_alone(string? parent, string edge, string? state)
    {
        var request = Request();
        request.SetTraceContext(Encoding.ASCII.GetBytes(edge));
        request.Headers.Add("tracestate", "k=v");
        if (parent is not null)
        {
            request.Headers.Add("traceparent", parent);
        }

        var span = Serve(request);

        Assert.Equal((span.Id, state), (Field(request, "traceparent"), Field(request, "tracestate")));
        Assert.Equal(state, span.TraceStateString);
    }

    [Fact]
    public void Trace_that_is_not_recorded_keeps_its_fields_as_they_are()
    {
        _recorder.Sampling = ActivitySamplingResult.None;
        var request = Request();
        request.Headers.Add("traceparent", "garbage");
        request.Headers.Add("tracestate", "k=v");

        Assert.Null(_spans.Begin(request, connection: null));
        Assert.Equal(("garbage", "k=v"), (Field(request, "traceparent"), Field(request, "tracestate")));
    }

    public void Dispose()
    {
        _recorder.Dispose();
        _spans.Dispose();
    }

    private static RequestHead Request(string method = "GET", string host = "demo.example", string target = "/")
    {
        var request = new RequestHead();
        request.SetLine(method, host, target);
        return request;
    }

    private static string? Field(RequestHead request, string name) =>
        request.Headers.TryGet(Encoding.ASCII.GetBytes(name), out var value)
            ? Encoding.Latin1.GetString(value) : null;

    private Activity Serve(RequestHead request, string? error = null)
    {
        var span = _spans.Begin(request, connection: null);
        Assert.NotNull(span);
        span.End(200, error);
        return Assert.Single(_recorder.Ended);
    }
}
