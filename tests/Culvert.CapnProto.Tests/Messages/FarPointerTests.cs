using Culvert.CapnProto.Messages;

namespace Culvert.CapnProto.Tests.Messages;

public class FarPointerTests
{
    [Fact]
    public void Far_pointer_leads_to_a_pad_in_front_of_the_object()
    {
        var message = Words.Open([[Words.Far(1, 1)], [0xdead, Words.Struct(1, 1, 0), 0xbeef, 42]]);
        Assert.Equal(42ul, message.Root.AsStruct().GetUInt64(0));
    }

    [Fact]
    public void Double_far_pointer_leads_to_an_object_without_room_for_a_pad()
    {
        var message = Words.Open([[Words.Far(1, 0, isDouble: true)], [Words.Far(2, 1), Words.Struct(0, 1, 0)], [7, 42]]);
        Assert.Equal(42ul, message.Root.AsStruct().GetUInt64(0));
    }

    [Fact]
    public void Far_pointers_lead_to_lists_and_capabilities_too()
    {
        var text = Words.Open([[Words.Far(1, 0)], [Words.List(0, ElementSize.Byte, 3), Words.Text("hi")]]);
        Assert.Equal("hi"u8.ToArray(), text.Root.AsText().ToArray());
        var doubled = Words.Open(
            [[Words.Far(1, 0, isDouble: true)], [Words.Far(2, 0), Words.List(0, ElementSize.Byte, 3)], [Words.Text("hi")]]);
        Assert.Equal("hi"u8.ToArray(), doubled.Root.AsText().ToArray());
        Assert.Equal(9u, Words.Open([[Words.Far(1, 0)], [9UL << 32 | 3]]).Root.AsCapability());
    }

    [Fact]
    public void Pad_that_is_null_is_null()
    {
        var root = Words.Open([[Words.Far(1, 0)], [0ul]]).Root;
        Assert.Equal(0, root.AsStruct().DataBytes);
        Assert.True(root.AsText().IsEmpty);
        Assert.Null(root.AsCapability());
    }

    public static TheoryData<string, ulong[][]> Bad => new()
    {
        { "unknown segment", [[Words.Far(2, 0)], [0]] },
        { "segment beyond int", [[Words.Far(uint.MaxValue, 0)], [0]] },
        { "pad behind its segment", [[Words.Far(1, 1)], [0]] },
        { "pad far behind its segment", [[Words.Far(1, 0x1fffffff)], [0]] },
        { "pad that is itself far", [[Words.Far(1, 0)], [Words.Far(0, 0)]] },
        { "far pointer to itself", [[Words.Far(0, 0)]] },
        { "target behind the pad's segment", [[Words.Far(1, 0)], [Words.Struct(0, 1, 0)]] },
        { "double pad cut off", [[Words.Far(1, 0, true)], [Words.Far(0, 0)]] },
        { "double pad without a far pointer", [[Words.Far(1, 0, true)], [0, Words.Struct(0, 0, 0)]] },
        { "double pad with another double", [[Words.Far(1, 0, true)], [Words.Far(1, 0, true), Words.Struct(0, 1, 0)]] },
        { "double pad with an offset in its tag", [[Words.Far(1, 0, true)], [Words.Far(1, 0), Words.Struct(1, 1, 0)]] },
        { "double pad with a far tag", [[Words.Far(1, 0, true)], [Words.Far(1, 0), Words.Far(1, 0)]] },
        { "double pad to an unknown segment", [[Words.Far(1, 0, true)], [Words.Far(5, 0), Words.Struct(0, 1, 0)]] },
        { "double pad to a cut object", [[Words.Far(1, 0, true)], [Words.Far(1, 2), Words.Struct(0, 1, 0)]] },
    };

    [Theory]
    [MemberData(nameof(Bad))]
    public void Bad_far_pointers_are_refused(string name, ulong[][] segments)
    {
        var message = Words.Open(segments);
        var e = Assert.Throws<CapnProtoException>(() => message.Root.AsStruct());
        Assert.StartsWith("capnp: ", e.Message);
        Assert.NotEmpty(name);
    }
}
