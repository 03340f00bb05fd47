using System.Text;
using Culvert.Transports.Headers;
using Culvert.Transports.Streams;

namespace Culvert.Transports.Tests.Streams;

public class RequestHeadTests
{
    [Fact]
    public void Line_is_held_one_byte_a_character()
    {
        var head = new RequestHead();
        head.SetLine("get", "h\u00e9:8080", "/p%2Fq//a/../b?x=1");

        Assert.Equal("get", Encoding.Latin1.GetString(head.Method));
        Assert.Equal([(byte)'h', 0xE9], head.Authority[..2].ToArray());
        Assert.Equal("/p%2Fq//a/../b?x=1", Encoding.Latin1.GetString(head.Target));
    }

    [Fact]
    public void Part_can_be_replaced_by_a_shorter_one()
    {
        var head = new RequestHead();
        head.SetTarget(new byte[500]);
        head.SetTarget("/"u8);

        Assert.Equal("/"u8, head.Target);
    }

    [Fact]
    public void Every_part_has_the_same_limit()
    {
        var fits = new byte[RequestHead.MaxPartBytes];
        var head = new RequestHead();
        foreach (var set in (Action<byte[]>[])
        [
            b => head.SetMethod(b), b => head.SetAuthority(b), b => head.SetTarget(b), b => head.SetFlowId(b), b => head.SetTraceContext(b),
        ])
        {
            set(fits);
            Assert.Throws<HeaderLimitException>(() => set([.. fits, 1]));
        }

        Assert.Equal(fits.Length, head.TraceContext.Length);
        Assert.Throws<HeaderLimitException>(() => head.SetLine("GET", "h", "/" + new string('a', RequestHead.MaxPartBytes)));
    }

    [Fact]
    public void Clear_empties_everything()
    {
        var head = new RequestHead { Kind = StreamKind.Tcp, HasBody = true, ContentLength = 5 };
        head.SetLine("GET", "h", "/");
        head.SetFlowId("1"u8);
        head.SetTraceContext("2"u8);
        head.Headers.Add("A", "1");
        head.Clear();

        Assert.Equal(StreamKind.Http, head.Kind);
        Assert.False(head.HasBody);
        Assert.Null(head.ContentLength);
        Assert.Equal(0, head.Headers.Count);
        Assert.True(head.Method.IsEmpty && head.Authority.IsEmpty && head.Target.IsEmpty);
        Assert.True(head.FlowId.IsEmpty && head.TraceContext.IsEmpty);
    }
}
