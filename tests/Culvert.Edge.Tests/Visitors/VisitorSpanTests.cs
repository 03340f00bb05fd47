using System.Diagnostics;
using Culvert.Edge.Metrics;
using Culvert.Edge.Tests.Fixtures;
using Culvert.Edge.Tunnels;
using Culvert.Edge.Visitors;
using Culvert.Engine.Tracing;
using Microsoft.Extensions.Logging.Abstractions;

namespace Culvert.Edge.Tests.Visitors;

public sealed class VisitorSpanTests : IDisposable
{
    private readonly RequestSpans _spans = new(RequestSpans.EdgeScope);
    private readonly ActivityListener _listener;
    private readonly List<Activity> _ended = [];

    public VisitorSpanTests()
    {
        _listener = new ActivityListener
        {
            ShouldListenTo = source => ReferenceEquals(source, _spans.Source),
            Sample = (ref _) => ActivitySamplingResult.AllDataAndRecorded,
            ActivityStopped = _ended.Add,
        };
        ActivitySource.AddActivityListener(_listener);
    }

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

        Assert.Single(_ended);
        Assert.Null(visitor.Span);
    }

    public void Dispose()
    {
        _listener.Dispose();
        _spans.Dispose();
    }

    private Activity Serve(Visitor visitor)
    {
        var span = VisitorSpan.Begin(_spans, visitor);
        Assert.NotNull(span);
        VisitorSpan.End(span, visitor, 200, error: null);
        return Assert.Single(_ended);
    }
}
