using System.Diagnostics;
using Culvert.Edge.Tests.Fixtures;
using Culvert.Edge.Visitors;
using Culvert.Engine.Tracing;

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
