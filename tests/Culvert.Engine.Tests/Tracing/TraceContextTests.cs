using System.Text;
using Culvert.Engine.Tracing;

namespace Culvert.Engine.Tests.Tracing;

public sealed class TraceContextTests
{
    [Theory]
    [InlineData("0123456789abcdef0123456789ABCDEF:00000000000000ff:0:1", "0123456789abcdef0123456789abcdef", 255UL, true)]
    [InlineData("0123456789abcdef:0000000000000001:parent:0", "00000000000000000123456789abcdef", 1UL, false)]
    [InlineData("0123456789abcdef:8000000000000000::3", "00000000000000000123456789abcdef", 0x8000000000000000UL, true)]
    public void Context_has_a_trace_a_span_and_whether_it_is_sampled(string text, string trace, ulong span, bool sampled)
    {
        Assert.True(TraceContext.TryParse(Encoding.ASCII.GetBytes(text), out var context));
        Assert.Equal((trace, span, sampled), (context.TraceId.ToString("x32", null), context.SpanId, context.IsSampled));
    }

    [Theory]
    [InlineData("")]
    [InlineData("junk")]
    [InlineData("0123456789abcdef:0123456789abcdef:0")]
    [InlineData("0123456789abcdef:0123456789abcdef:0:1:0")]
    [InlineData("0123456789abcdef:0123456789abcdef:0:1:0:0:0")]
    [InlineData("0123456789abcdef012345678901:0123456789abcdef:0:1")]
    [InlineData("0123456789abcdef:123:0:1")]
    [InlineData("0123456789abcdeg:0123456789abcdef:0:1")]
    [InlineData("0123456789abcdef:0123456789abcde :0:1")]
    [InlineData("0123456789abcdef:0123456789abcdef:0:")]
    [InlineData("0123456789abcdef:0123456789abcdef:0:x")]
    [InlineData("0000000000000000:0123456789abcdef:0:1")]
    [InlineData("0123456789abcdef:0000000000000000:0:1")]
    public void What_is_no_context_is_no_trace(string text) =>
        Assert.False(TraceContext.TryParse(Encoding.ASCII.GetBytes(text), out _));

    [Fact]
    public void Random_bytes_are_never_more_than_refused()
    {
        var random = new Random(7);
        var bytes = new byte[80];
        for (var i = 0; i < 100_000; i++)
        {
            var text = bytes.AsSpan(0, random.Next(bytes.Length));
            for (var k = 0; k < text.Length; k++)
            {
                text[k] = (byte)(random.Next(4) == 0 ? random.Next(256) : "0123456789abcdef::"[random.Next(18)]);
            }

            Assert.False(TraceContext.TryParse(text, out var context) && context.SpanId == 0);
        }
    }
}
