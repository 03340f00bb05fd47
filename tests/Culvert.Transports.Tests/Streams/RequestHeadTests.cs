using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;
using Culvert.Transports.Headers;
using Culvert.Transports.Streams;
using Culvert.Transports.Tests.Headers;

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
    public void What_was_lent_is_referred_to_and_the_rest_is_copied()
    {
        var message = "GET example.com Accept text/html"u8.ToArray();
        var other = "/path"u8.ToArray();
        var head = new RequestHead();
        head.Lend(message);
        head.SetMethod(message.AsSpan(0, 3));
        head.SetAuthority(message.AsSpan(4, 11));
        head.SetTarget(other);
        head.Headers.Add(message.AsSpan(16, 6), message.AsSpan(23));
        head.Headers.Add("X"u8, message.AsSpan(0, 3));

        Assert.True(Unsafe.AreSame(ref message[4], ref MemoryMarshal.GetReference(head.Authority)));
        Assert.True(Unsafe.AreSame(ref message[16], ref MemoryMarshal.GetReference(head.Headers[0].Name)));
        Assert.False(Unsafe.AreSame(ref other[0], ref MemoryMarshal.GetReference(head.Target)));
        Assert.Equal("/path"u8, head.Target);
        Assert.Equal(["Accept: text/html", "X: GET"], head.Headers.Lines());
        head.Clear();
        head.SetMethod(message.AsSpan(0, 3));
        Assert.False(Unsafe.AreSame(ref message[0], ref MemoryMarshal.GetReference(head.Method)));
        head.Clear();
    }

    [Fact]
    public void Every_part_has_the_same_limit()
    {
        var fits = new byte[RequestHead.MaxPartBytes];
        var head = new RequestHead();
        foreach (var set in (Action<byte[]>[])
        [
            b => head.SetMethod(b), b => head.SetAuthority(b), b => head.SetTarget(b), b => head.SetFlowId(b),
            b => head.SetTraceContext(b),
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
