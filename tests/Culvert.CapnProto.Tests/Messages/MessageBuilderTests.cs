using Culvert.CapnProto.Messages;

namespace Culvert.CapnProto.Tests.Messages;

public class MessageBuilderTests
{
    [Fact]
    public void What_is_written_is_read_again()
    {
        using var message = new MessageBuilder();
        var root = message.Root.InitStruct(new StructSize(3, 8));
        root.SetBool(1, true);
        root.SetBool(2, false, standard: true);
        root.SetByte(1, 0x7e);
        root.SetUInt16(2, 0x1234);
        root.SetInt32(4, -5);
        root.SetInt64(8, long.MinValue);
        root.SetUInt32(16, uint.MaxValue);
        root.GetPointer(0).SetText("héllo");
        root.GetPointer(1).SetText("bytes"u8);
        root.GetPointer(2).SetData([1, 2, 3]);
        root.GetPointer(3).SetCapability(4);
        var structs = root.GetPointer(4).InitStructs(2, new StructSize(1, 1));
        structs.GetStruct(1).SetUInt64(0, 99);
        structs.GetStruct(1).GetPointer(0).SetText("in");
        var texts = root.GetPointer(5).InitList(2, ElementSize.AnyPointer);
        texts.GetPointer(1).SetText("b");
        root.GetPointer(6).InitList(10, ElementSize.Bit).GetBytes()[1] = 2;
        root.GetPointer(7).InitStruct(default);

        var reader = new MessageReader();
        reader.Open(message.Frame);
        var read = reader.Root.AsStruct();
        Assert.True(read.GetBool(1));
        Assert.False(read.GetBool(2, standard: true));
        Assert.Equal(0x7e, read.GetByte(1));
        Assert.Equal(0x1234, read.GetUInt16(2));
        Assert.Equal(-5, read.GetInt32(4));
        Assert.Equal(long.MinValue, read.GetInt64(8));
        Assert.Equal(uint.MaxValue, read.GetUInt32(16));
        Assert.Equal("héllo"u8.ToArray(), read.GetText(0).ToArray());
        Assert.Equal("bytes"u8.ToArray(), read.GetText(1).ToArray());
        Assert.Equal([1, 2, 3], read.GetData(2).ToArray());
        Assert.Equal(4u, read.GetPointer(3).AsCapability());
        Assert.Equal(99ul, read.GetList(4).GetStruct(1).GetUInt64(0));
        Assert.Equal("in"u8.ToArray(), read.GetList(4).GetStruct(1).GetText(0).ToArray());
        Assert.Equal("b"u8.ToArray(), read.GetList(5).GetText(1).ToArray());
        Assert.True(read.GetList(6).GetBool(9));
        Assert.False(read.GetPointer(7).IsNull);
        Assert.Equal(0, read.GetStruct(7).DataBytes);
    }

    [Fact]
    public void Special_values_have_the_references_bytes()
    {
        using var message = new MessageBuilder();
        var root = message.Root.InitStruct(new StructSize(0, 5));
        root.GetPointer(0).SetText("");
        root.GetPointer(1).SetText(default(ReadOnlySpan<byte>));
        root.GetPointer(2).InitStruct(default);
        root.GetPointer(3).SetData([]);
        root.GetPointer(4).InitStructs(0, new StructSize(1, 1));
        ulong[] expected = [Words.Struct(0, 0, 5), 0, 0, 0x0000_0000_ffff_fffc, Words.List(1, ElementSize.Byte, 0),
            Words.List(0, ElementSize.Composite, 0), Words.Struct(0, 1, 1)];
        Assert.Equal(Words.Frame(expected), message.Frame.ToArray());
    }

    [Fact]
    public void Growing_and_reusing_the_buffer_keep_the_bytes()
    {
        using var message = new MessageBuilder();
        for (var round = 0; round < 3; round++)
        {
            message.Reset();
            var list = message.Root.InitStructs(100, new StructSize(1, 1));
            for (var i = 0; i < 100; i++)
            {
                list.GetStruct(i).SetUInt64(0, (ulong)(i + round));
                list.GetStruct(i).GetPointer(0).SetText(new string('x', (i * 7) + 1));
            }

            var reader = new MessageReader();
            reader.Open(message.Frame);
            for (var i = 0; i < 100; i++)
            {
                var element = reader.Root.AsList().GetStruct(i);
                Assert.Equal((ulong)(i + round), element.GetUInt64(0));
                Assert.Equal((i * 7) + 1, element.GetText(0).Length);
            }
        }
    }

    [Fact]
    public void Fields_out_of_their_struct_are_a_fault_of_the_caller()
    {
        using var message = new MessageBuilder();
        var root = message.Root.InitStruct(new StructSize(1, 1));
        Assert.Throws<ArgumentOutOfRangeException>(() => root.SetUInt64(8, 1));
        Assert.Throws<ArgumentOutOfRangeException>(() => root.SetUInt64(-1, 1));
        Assert.Throws<ArgumentOutOfRangeException>(() => root.GetPointer(1));
        Assert.Throws<InvalidOperationException>(() => root.GetPointer(0).InitStructs(1, new StructSize(1, 0)).GetPointer(0));
        Assert.Throws<ArgumentOutOfRangeException>(() => root.GetPointer(0).InitList(1, ElementSize.Composite));
    }

    [Fact]
    public void Copy_of_any_pointer_reads_as_its_source()
    {
        var source = Words.Open(
            [Words.Struct(0, 1, 3), 5, Words.Far(1, 0), 7UL << 32 | 3, Words.List(0, ElementSize.Composite, 2),
             Words.Struct(1, 1, 1), 9, 0],
            [Words.List(0, ElementSize.AnyPointer, 1), Words.List(0, ElementSize.Byte, 3), Words.Text("ok")]);
        using var message = new MessageBuilder();
        source.Root.CopyTo(message.Root);
        var reader = new MessageReader();
        reader.Open(message.Frame);
        var root = reader.Root.AsStruct();
        Assert.Equal(5ul, root.GetUInt64(0));
        Assert.Equal("ok"u8.ToArray(), root.GetList(0).GetText(0).ToArray());
        Assert.Equal(7u, root.GetPointer(1).AsCapability());
        Assert.Equal(9ul, root.GetList(2).GetStruct(0).GetUInt64(0));
    }
}
