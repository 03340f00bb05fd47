using Culvert.CapnProto.Messages;

namespace Culvert.CapnProto.Tests.Messages;

public class StructReaderTests
{
    [Fact]
    public void Fields_of_every_width_are_read_where_they_are()
    {
        var root = Words.Open([Words.Struct(0, 2, 0), 0x8877665544332211, 0xffeeddccbbaa9988]).Root.AsStruct();
        Assert.Equal(0x11, root.GetByte(0));
        Assert.Equal(0x2211, root.GetUInt16(0));
        Assert.Equal(0x44332211u, root.GetUInt32(0));
        Assert.Equal(0x8877665544332211, root.GetUInt64(0));
        Assert.Equal(0xffee, root.GetUInt16(14));
        Assert.Equal(unchecked((int)0xffeeddcc), root.GetInt32(12));
        Assert.Equal(unchecked((long)0xffeeddccbbaa9988), root.GetInt64(8));
        Assert.True(root.GetBool(0));
        Assert.False(root.GetBool(1));
        Assert.True(root.GetBool(127));
    }

    [Fact]
    public void Fields_are_stored_exclusive_or_their_default()
    {
        var root = Words.Open([Words.Struct(0, 1, 0), 0x01]).Root.AsStruct();
        Assert.False(root.GetBool(0, standard: true));
        Assert.True(root.GetBool(1, standard: true));
        Assert.Equal(0x0fu ^ 1, root.GetUInt32(0, 0x0f));
        Assert.Equal(-1 ^ 1, root.GetInt32(0, -1));
        Assert.Equal(7, root.GetUInt16(2, 7));
    }

    [Fact]
    public void Fields_beyond_a_smaller_struct_have_their_default()
    {
        var root = Words.Open([Words.Struct(0, 1, 1), ulong.MaxValue, 0]).Root.AsStruct();
        Assert.Equal(0, root.GetByte(8));
        Assert.Equal(9u, root.GetUInt32(8, 9));
        Assert.Equal(0ul, root.GetUInt64(8));
        Assert.True(root.GetBool(64, standard: true));
        Assert.True(root.GetPointer(1).IsNull);
        Assert.True(root.GetText(5).IsEmpty);
        Assert.Equal(0, root.GetStruct(5).DataBytes);
        Assert.Equal(0, root.GetList(5).Count);
    }

    [Fact]
    public void Empty_struct_and_null_read_alike_but_only_one_is_null()
    {
        var empty = Words.Open([0x0000_0000_ffff_fffc]).Root;
        Assert.False(empty.IsNull);
        Assert.Equal(0, empty.AsStruct().PointerCount);
        var none = Words.Open([0ul]).Root;
        Assert.True(none.IsNull);
        Assert.Equal(0, none.AsStruct().PointerCount);
        Assert.Equal(5, none.AsStruct().GetByte(0, 5));
    }

    [Theory]
    [InlineData(0, 2, 0)]
    [InlineData(0, 0, 2)]
    [InlineData(1, 1, 0)]
    [InlineData(-3, 1, 0)]
    [InlineData(0x1fffffff, 0, 0)]
    [InlineData(-0x20000000, 0xffff, 0xffff)]
    public void Struct_out_of_its_segment_is_refused(int offset, ushort data, ushort pointers)
    {
        var message = Words.Open([Words.Struct(offset, data, pointers), 0]);
        Assert.Throws<CapnProtoException>(() => message.Root.AsStruct());
    }

    [Fact]
    public void Pointers_of_another_kind_are_refused()
    {
        var list = Words.Open([Words.List(0, ElementSize.Byte, 1), 0]).Root;
        Assert.Throws<CapnProtoException>(() => list.AsStruct());
        Assert.Throws<CapnProtoException>(() => list.AsCapability());
        var structure = Words.Open([Words.Struct(0, 1, 0), 0]).Root;
        Assert.Throws<CapnProtoException>(() => structure.AsList());
        Assert.Throws<CapnProtoException>(() => structure.AsData().Length);
        var capability = Words.Open([7UL << 32 | 3]).Root;
        Assert.Equal(7u, capability.AsCapability());
        Assert.Throws<CapnProtoException>(() => capability.AsStruct());
        Assert.Throws<CapnProtoException>(() => Words.Open([7UL << 32 | 7]).Root.AsCapability());
    }

    [Fact]
    public void Text_needs_its_final_nul_and_data_does_not()
    {
        var root = Words.Open([Words.Struct(0, 0, 3), Words.List(2, ElementSize.Byte, 4), Words.List(2, ElementSize.Byte, 4),
            Words.List(2, ElementSize.Byte, 0), Words.Text("abc"), Words.Text("wxyz")]).Root.AsStruct();
        Assert.Equal("abc"u8.ToArray(), root.GetText(0).ToArray());
        Assert.Equal("abc\0"u8.ToArray(), root.GetData(0).ToArray());
        Assert.True(root.GetText(1).IsEmpty);
        Assert.Equal("wxyz"u8.ToArray(), root.GetData(1).ToArray());
        Assert.True(root.GetText(2).IsEmpty);
        Assert.False(root.GetPointer(2).IsNull);
    }

    [Fact]
    public void Message_without_root_is_refused()
    {
        Assert.Throws<CapnProtoException>(() => Words.Open([[], [0ul]]).Root);
        Assert.Throws<CapnProtoException>(() => new MessageReader().Root);
    }
}
