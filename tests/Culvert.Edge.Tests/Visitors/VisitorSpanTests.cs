using System.Diagnostics;
using Culvert.Edge.Metrics;
using Culvert.Edge.Tests.Fixtures;
using Culvert.Edge.Tunnels;
using Culvert.Edge.Visitors;
using Culvert.Engine.Tracing;
using Culvert.Tests.Fixtures;
using Microsoft.Extensions.Logging.Abstractions;

namespace Culvert.Edge.Tests.Visitors;

public sealed class VisitorSpanTests : IDisposable
{
    private readonly RequestSpans _spans = new(RequestSpans.EdgeScope);
    private readonly SpanRecorder _recorder;

    public VisitorSpanTests() => _recorder = new SpanRecorder(_spans.Source);

    [Fact]
    public void Long_texts_are_cut_where_the_access_log_cuts_them()
    {
        var visitor = new FakeVisitor(
            new string('M', 40_000), "/" + new string('p', 40_000) + "?q", new string('h', 40_000) + ":80").Visitor;
        var span = Serve(visitor);

        Assert.Equal(new string('M', 256), span.DisplayName);
        Assert.Equal(new string('M', 256), span.GetTagItem("http.request.method"));
        Assert.Equal(new string('h', 256), span.GetTagItem("server.address"));
        Assert.Equal("/" + new string('p', 2047), span.GetTagItem("url.path"));
    }

    [Theory]
    [InlineData("00-0123456789abcdef0123456789abcdef-00f067aa0ba902b7-01", "k=v")]
    [InlineData("garbage", null)]
    [InlineData(null, null)]
    public void Trace_state_passes_on_with_its_own_trace_alone(string? parent, string? state)
    {
        var visitor = new FakeVisitor().Visitor;
        visitor.RequestHeaders.TraceParent = parent;
        visitor.RequestHeaders.TraceState = "k=v";
        var span = Serve(visitor);

        Assert.Equal(span.Id, visitor.RequestHeaders.TraceParent);
        Assert.Equal(state, (string?)visitor.RequestHeaders.TraceState);
        Assert.Equal(state, span.TraceStateString);
    }

    [Fact]
    public void Trace_that_is_not_recorded_keeps_its_fields_as_they_are()
    {
        _recorder.Sampling = ActivitySamplingResult.None;
        var visitor = new FakeVisitor().Visitor;
        visitor.RequestHeaders.TraceParent = "garbage";
        visitor.RequestHeaders.TraceState = "k=v";

        Assert.Null(VisitorSpan.Begin(_spans, visitor));
        Assert.Equal("garbage", visitor.RequestHeaders.TraceParent);
        Assert.Equal("k=v", visitor.RequestHeaders.TraceState);
    }

    [Fact]
    public async Task Connection_that_is_kept_holds_no_span_that_has_ended()
    {
        var application = new VisitorApplication(
            new TunnelDirectory(), "LCL", new EdgeMetrics(), accessLog: null, TimeProvider.System, NullLogger.Instance,
            spans: _spans);
        var visitor = application.CreateContext(new FakeVisitor().Features);
        await application.ProcessRequestAsync(visitor);
        Assert.NotNull(visitor.Span);
        application.DisposeContext(visitor, null);

        Assert.Single(_recorder.Ended);
        Assert.Null(visitor.Span);
    }

    public void Dispose()
    {
        _recorder.Dispose();
        _spans.Dispose();
    }

    private Activity Serve(Visitor visitor)
    {
        var span = VisitorSpan.Begin(_spans, visitor);
        Assert.NotNull(span);
        VisitorSpan.End(span, visitor, 200, error: null);
        return Assert.Single(_recorder.Ended);
    }
}
