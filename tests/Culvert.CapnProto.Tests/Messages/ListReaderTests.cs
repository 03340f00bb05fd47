using Culvert.CapnProto.Messages;

namespace Culvert.CapnProto.Tests.Messages;

public class ListReaderTests
{
    [Fact]
    public void Numbers_of_every_width_are_read()
    {
        const ulong Data = 0x8070605040302010;
        Assert.Equal(0x30, Words.Open([Words.List(0, ElementSize.Byte, 8), Data]).Root.AsList().GetByte(2));
        Assert.Equal(0x6050, Words.Open([Words.List(0, ElementSize.TwoBytes, 4), Data]).Root.AsList().GetUInt16(2));
        Assert.Equal(0x80706050u, Words.Open([Words.List(0, ElementSize.FourBytes, 2), Data]).Root.AsList().GetUInt32(1));
        Assert.Equal(Data, Words.Open([Words.List(0, ElementSize.EightBytes, 1), Data]).Root.AsList().GetUInt64(0));
    }

    [Fact]
    public void Bits_are_packed_from_the_lowest()
    {
        var list = Words.Open([Words.List(0, ElementSize.Bit, 10), 0x0202]).Root.AsList();
        Assert.Equal([1, 9], Enumerable.Range(0, list.Count).Where(list.GetBool));
    }

    [Fact]
    public void Structs_and_pointers_are_read()
    {
        var composite = Words.Open(
            [Words.List(0, ElementSize.Composite, 4), Words.Struct(2, 1, 1), 11, 0, 22, Words.List(0, ElementSize.Byte, 2),
             Words.Text("x")]).Root.AsList();
        Assert.Equal(2, composite.Count);
        Assert.Equal(11ul, composite.GetStruct(0).GetUInt64(0));
        Assert.True(composite.GetStruct(0).GetPointer(0).IsNull);
        Assert.Equal(22ul, composite.GetStruct(1).GetUInt64(0));
        Assert.Equal("x"u8.ToArray(), composite.GetStruct(1).GetText(0).ToArray());
        var pointers = Words.Open(
            [Words.List(0, ElementSize.AnyPointer, 2), 0, Words.List(0, ElementSize.Byte, 2), Words.Text("y")]).Root.AsList();
        Assert.True(pointers.GetText(0).IsEmpty);
        Assert.Equal("y"u8.ToArray(), pointers.GetText(1).ToArray());
    }

    [Fact]
    public void Lists_of_an_older_schema_read_as_lists_of_structs()
    {
        var numbers = Words.Open([Words.List(0, ElementSize.TwoBytes, 3), 0x0003_0002_0001]).Root.AsList();
        Assert.Equal(3, numbers.GetStruct(2).GetUInt16(0));
        Assert.Equal(0u, numbers.GetStruct(2).GetUInt32(0));
        Assert.Equal(0, numbers.GetStruct(2).PointerCount);
        var texts = Words.Open([Words.List(0, ElementSize.AnyPointer, 1), Words.List(0, ElementSize.Byte, 2), Words.Text("y")])
            .Root.AsList();
        Assert.Equal("y"u8.ToArray(), texts.GetStruct(0).GetText(0).ToArray());
        Assert.Equal(0, Words.Open([Words.List(0, ElementSize.Void, 2)]).Root.AsList().GetStruct(1).DataBytes);
    }

    [Fact]
    public void Lists_of_a_newer_schema_read_as_lists_of_their_first_field()
    {
        var list = Words.Open(
            [Words.List(0, ElementSize.Composite, 4), Words.Struct(2, 1, 1), 7, 0, 8, Words.List(0, ElementSize.Byte, 2),
             Words.Text("z")]).Root.AsList();
        Assert.Equal(8, list.GetByte(1));
        Assert.Equal(8u, list.GetUInt32(1));
        Assert.Equal("z"u8.ToArray(), list.GetText(1).ToArray());
    }

    [Fact]
    public void Elements_of_another_kind_are_refused()
    {
        var bits = Words.Open([Words.List(0, ElementSize.Bit, 1), 1]).Root.AsList();
        Assert.Throws<CapnProtoException>(() => bits.GetStruct(0));
        Assert.Throws<CapnProtoException>(() => bits.GetByte(0));
        Assert.Throws<CapnProtoException>(() => bits.GetPointer(0));
        var bytes = Words.Open([Words.List(0, ElementSize.Byte, 1), 1]).Root.AsList();
        Assert.Throws<CapnProtoException>(() => bytes.GetUInt16(0));
        Assert.Throws<CapnProtoException>(() => bytes.GetBool(0));
        Assert.Throws<CapnProtoException>(() => bytes.GetText(0).Length);
        var pointers = Words.Open([Words.List(0, ElementSize.AnyPointer, 1), 0]).Root.AsList();
        Assert.Throws<CapnProtoException>(() => pointers.GetUInt64(0));
    }

    [Fact]
    public void Index_is_the_callers_to_check()
    {
        var list = Words.Open([Words.List(0, ElementSize.Byte, 1), 1]).Root.AsList();
        Assert.Throws<ArgumentOutOfRangeException>(() => list.GetByte(1));
        Assert.Throws<ArgumentOutOfRangeException>(() => list.GetByte(-1));
        Assert.Throws<ArgumentOutOfRangeException>(() => default(ListReader).GetStruct(0));
    }

    [Theory]
    [InlineData(ElementSize.Byte, 9)]
    [InlineData(ElementSize.Bit, 65)]
    [InlineData(ElementSize.TwoBytes, 5)]
    [InlineData(ElementSize.FourBytes, 3)]
    [InlineData(ElementSize.EightBytes, 2)]
    [InlineData(ElementSize.AnyPointer, 2)]
    [InlineData(ElementSize.Composite, 1)]
    [InlineData(ElementSize.EightBytes, 0x1fffffff)]
    public void List_out_of_its_segment_is_refused(ElementSize element, int count)
    {
        var message = Words.Open([Words.List(0, element, count), 0]);
        Assert.Throws<CapnProtoException>(() => message.Root.AsList());
    }

    [Fact]
    public void Bad_tags_of_composite_lists_are_refused()
    {
        ulong[] tags = [Words.List(0, ElementSize.Byte, 0), Words.Struct(-1, 1, 0), Words.Struct(2, 1, 0), Words.Struct(1, 1, 1)];
        foreach (var tag in tags)
        {
            var message = Words.Open([Words.List(0, ElementSize.Composite, 1), tag, 0]);
            Assert.Throws<CapnProtoException>(() => message.Root.AsList());
        }
    }
}
