using System.Text;
using Culvert.Engine.Tracing;
using Culvert.Tests.Fixtures;
using Culvert.Transports.Headers;
using Culvert.Transports.Streams;

namespace Culvert.Engine.Tests.Tracing;

public sealed class RequestTraceTests
{
    private const string Sampled = "0123456789abcdef0123456789abcdef:0123456789abcdef:0:1";

    private readonly TraceResource _resource = new("2026.8.2");

    [Fact]
    public void Each_span_is_a_resource_of_its_own()
    {
        var headers = new HeaderList();
        headers.Add("cf-int-cloudflared-tracing"u8, "forged"u8);
        var trace = Begin(Sampled)!;
        trace.RuleFound(trace.Now, "demo.example"u8, 3);
        trace.OriginAnswered(trace.Now, 404);
        trace.WriteTo(headers);

        Assert.Equal(1, headers.Count);
        Assert.Equal("Cf-Int-Cloudflared-Tracing", headers[0].NameText);
        var resources = ProtobufReader.Read(Convert.FromBase64String(headers[0].ValueText));
        Assert.Equal([1, 1], resources.Select(field => field.Number));
        Assert.Equal(["ingress_match", "ttfb_origin"], resources.Select(field => Span(field).Text(5)));
        Assert.All(resources, field => Assert.Equal("https://opentelemetry.io/schemas/1.7.0", field.Text(3)));
        Assert.All(resources, field => Assert.Equal(
            ["host.arch", "host.type", "hostname", "jaeger.version", "process.runtime.version", "service.name"],
            field.Only(1).Message(1).Select(attribute => attribute.Text(1))));
        Assert.All(resources, field => Assert.Equal("origin", field.Message(2)[0].Message(1)[0].Text(1)));
    }

    [Fact]
    public void Span_belongs_to_the_trace_of_the_edge()
    {
        var headers = new HeaderList();
        var trace = Begin(Sampled)!;
        trace.OriginAnswered(trace.Now, 404);
        trace.WriteTo(headers);
        var span = Span(ProtobufReader.Read(Convert.FromBase64String(headers[0].ValueText))[0]);

        Assert.Equal("0123456789abcdef0123456789abcdef", Convert.ToHexStringLower(span.Bytes(1)));
        Assert.Equal(8, span.Bytes(2).Length);
        Assert.Equal("0123456789abcdef", Convert.ToHexStringLower(span.Bytes(4)));
        Assert.Equal((1UL, 0x301UL), (span.Value(6), span.Value(16)));
        Assert.Equal(1_800_000_000_000_000_000UL, span.Value(7));
        Assert.Equal(("upstreamStatusCode", 404UL), (span.Only(9).Text(1), span.Only(9).Only(2).Value(3)));
        Assert.Equal(1UL, span.Only(15).Value(3));
    }

    [Fact]
    public void No_more_spans_than_the_limit_are_kept()
    {
        var headers = new HeaderList();
        var trace = Begin(Sampled)!;
        for (var i = 0; i < RequestTrace.MaxSpans + 5; i++)
        {
            trace.StreamConnected(trace.Now);
        }

        trace.WriteTo(headers);
        Assert.Equal(RequestTrace.MaxSpans, ProtobufReader.Read(Convert.FromBase64String(headers[0].ValueText)).Count);
    }

    [Theory]
    [InlineData("")]
    [InlineData("junk")]
    [InlineData("0123456789abcdef0123456789abcdef:0123456789abcdef:0:0")]
    public void Without_a_sampled_context_there_is_no_trace_and_nothing_is_allocated(string context)
    {
        var request = Request(context);
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 1000; i++)
        {
            if (RequestTrace.Begin(request, _resource, TimeProvider.System) is not null)
            {
                Assert.Fail("There is a trace.");
            }
        }

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(-1)]
    [InlineData(3650)]
    [InlineData(-3650)]
    public void Date_that_is_set_changes_the_length_of_no_span(int days)
    {
        var time = new FakeTime();
        var headers = new HeaderList();
        var trace = RequestTrace.Begin(Request(Sampled), _resource, time)!;
        time.Advance(TimeSpan.FromSeconds(1));
        var begin = trace.Now;
        time.Jump(TimeSpan.FromDays(days));
        time.Advance(TimeSpan.FromSeconds(2));
        trace.OriginAnswered(begin, 200);
        trace.WriteTo(headers);

        var span = Span(ProtobufReader.Read(Convert.FromBase64String(headers[0].ValueText))[0]);
        Assert.Equal(2_000_000_000UL, span.Value(8) - span.Value(7));
    }

    private static ProtobufReader.Field Span(ProtobufReader.Field resource) => resource.Message(2)[0].Only(2);

    private RequestTrace? Begin(string context) => RequestTrace.Begin(Request(context), _resource, new FixedTime());

    private static RequestHead Request(string context)
    {
        var request = new RequestHead();
        request.SetTraceContext(Encoding.ASCII.GetBytes(context));
        return request;
    }

    private sealed class FixedTime : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => DateTimeOffset.FromUnixTimeSeconds(1_800_000_000);

        public override long GetTimestamp() => 0;
    }
}
