using System.Buffers;
using System.Buffers.Binary;
using System.Text;

namespace Culvert.Engine.Tracing;

/// <summary>Writes the few kinds of protobuf fields that spans need. Not thread-safe.</summary>
internal sealed class ProtobufWriter
{
    private const int VarintType = 0;
    private const int Fixed64Type = 1;
    private const int LengthType = 2;
    private const int Fixed32Type = 5;

    private readonly ArrayBufferWriter<byte> _bytes = new(256);

    public ReadOnlySpan<byte> Written => _bytes.WrittenSpan;

    public void Varint(int field, ulong value)
    {
        Key(field, VarintType);
        Varint(value);
    }

    public void Fixed64(int field, ulong value)
    {
        Key(field, Fixed64Type);
        BinaryPrimitives.WriteUInt64LittleEndian(_bytes.GetSpan(8), value);
        _bytes.Advance(8);
    }

    public void Fixed32(int field, uint value)
    {
        Key(field, Fixed32Type);
        BinaryPrimitives.WriteUInt32LittleEndian(_bytes.GetSpan(4), value);
        _bytes.Advance(4);
    }

    public void Bytes(int field, ReadOnlySpan<byte> value)
    {
        Key(field, LengthType);
        Varint((ulong)value.Length);
        _bytes.Write(value);
    }

    public void Text(int field, string value) => Bytes(field, Encoding.UTF8.GetBytes(value));

    public void Message(int field, ProtobufWriter message) => Bytes(field, message.Written);

    private void Key(int field, int type) => Varint((ulong)((field << 3) | type));

    private void Varint(ulong value)
    {
        var span = _bytes.GetSpan(10);
        var length = 0;
        for (; value >= 0x80; value >>= 7)
        {
            span[length++] = (byte)(value | 0x80);
        }

        span[length++] = (byte)value;
        _bytes.Advance(length);
    }
}
