using Culvert.CapnProto.Messages;

namespace Culvert.CapnProto.Tests.Messages;

public class LimitTests
{
    [Fact]
    public void Nesting_is_limited()
    {
        // A struct whose only pointer leads back to itself.
        var message = Words.Open([Words.Struct(0, 0, 1), Words.Struct(-1, 0, 1)]);
        var depth = 0;
        void Descend()
        {
            for (var at = message.Root.AsStruct(); ; at = at.GetStruct(0))
            {
                depth++;
            }
        }

        var e = Assert.Throws<CapnProtoException>(Descend);
        Assert.Equal(64, depth);
        Assert.Contains("nesting", e.Message);
    }

    [Fact]
    public void Nesting_counts_lists_too()
    {
        var message = Words.Open([Words.List(0, ElementSize.AnyPointer, 1), Words.List(-1, ElementSize.AnyPointer, 1)]);
        var depth = 0;
        void Descend()
        {
            for (var at = message.Root; ; at = at.AsList().GetPointer(0))
            {
                depth++;
            }
        }

        Assert.Throws<CapnProtoException>(Descend);
        Assert.Equal(65, depth);
    }

    [Fact]
    public void Traversal_counts_each_visit_until_the_limit()
    {
        var message = Words.Open(
            new MessageLimits { TraversalBytes = 100 }, [Words.Struct(0, 0, 1), Words.List(0, ElementSize.Byte, 16), 0, 0]);
        var root = message.Root.AsStruct();
        for (var i = 0; i < 5; i++)
        {
            Assert.Equal(16, root.GetData(0).Length);
        }

        Assert.Contains("traversal", Assert.Throws<CapnProtoException>(() => root.GetData(0).Length).Message);
        message.LiftTraversalLimit();
        Assert.Equal(16, root.GetData(0).Length);
    }

    [Fact]
    public void Lists_without_size_cost_a_word_for_each_element()
    {
        ulong[][] bombs =
        [
            [Words.List(0, ElementSize.Void, 0x1fffffff)],
            [Words.List(0, ElementSize.Composite, 0), Words.Struct(0x1fffffff, 0, 0)],
        ];
        foreach (var bomb in bombs)
        {
            var message = Words.Open(bomb);
            Assert.Contains("traversal", Assert.Throws<CapnProtoException>(() => message.Root.AsList()).Message);
        }

        Assert.Equal(1000, Words.Open([Words.List(0, ElementSize.Void, 1000)]).Root.AsList().Count);
    }

    [Fact]
    public void Structs_without_size_are_not_free()
    {
        var message = Words.Open(new MessageLimits { TraversalBytes = 80 }, [0x0000_0000_ffff_fffc]);
        for (var i = 0; i < 10; i++)
        {
            message.Root.AsStruct();
        }

        Assert.Throws<CapnProtoException>(() => message.Root.AsStruct());
    }

    [Fact]
    public void Far_pads_cost_as_well()
    {
        var message = Words.Open(new MessageLimits { TraversalBytes = 64 }, [[Words.Far(1, 0)], [0ul]]);
        for (var i = 0; i < 8; i++)
        {
            message.Root.AsStruct();
        }

        Assert.Throws<CapnProtoException>(() => message.Root.AsStruct());
    }

    [Fact]
    public void Limits_themselves_are_limited()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => new MessageLimits { MessageBytes = MessageLimits.LargestMessage + 1 });
        Assert.Throws<ArgumentOutOfRangeException>(() => new MessageBuilder(8));
    }

    [Fact]
    public void Builder_stops_at_its_limit()
    {
        using var message = new MessageBuilder(64);
        var root = message.Root.InitStruct(new StructSize(0, 2));
        root.GetPointer(0).SetData(new byte[32]);
        Assert.Equal(64, message.Frame.Length);
        Assert.Throws<CapnProtoException>(() => root.GetPointer(1).SetData(new byte[1]));
    }
}
