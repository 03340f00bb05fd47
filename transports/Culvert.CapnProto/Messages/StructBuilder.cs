using System.Buffers.Binary;

namespace Culvert.CapnProto.Messages;

/// <summary>
/// One struct of a message under construction. Offsets are those of <see cref="StructReader"/>. See
/// <see cref="MessageBuilder"/> for its lifetime.
/// </summary>
public readonly struct StructBuilder
{
    private readonly MessageBuilder _message;
    private readonly int _position;
    private readonly StructSize _size;

    internal StructBuilder(MessageBuilder message, int position, StructSize size)
    {
        _message = message;
        _position = position;
        _size = size;
    }

    /// <summary>Writes a Bool.</summary>
    /// <param name="bit">Its offset in bits.</param>
    /// <param name="value">The value.</param>
    /// <param name="standard">The schema's default.</param>
    public void SetBool(int bit, bool value, bool standard = false)
    {
        var field = Field(bit >> 3, 1);
        var mask = 1 << (bit & 7);
        field[0] = (byte)(value != standard ? field[0] | mask : field[0] & ~mask);
    }

    /// <summary>Writes a UInt8.</summary>
    /// <param name="offset">Its offset in bytes.</param>
    /// <param name="value">The value, exclusive-or the schema's default if that is not zero.</param>
    public void SetByte(int offset, byte value) => Field(offset, sizeof(byte))[0] = value;

    /// <summary>Writes a UInt16, an enum or the discriminant of a union.</summary>
    /// <param name="offset">Its offset in bytes.</param>
    /// <param name="value">The value, exclusive-or the schema's default if that is not zero.</param>
    public void SetUInt16(int offset, ushort value) =>
        BinaryPrimitives.WriteUInt16LittleEndian(Field(offset, sizeof(ushort)), value);

    /// <summary>Writes a UInt32.</summary>
    /// <param name="offset">Its offset in bytes.</param>
    /// <param name="value">The value, exclusive-or the schema's default if that is not zero.</param>
    public void SetUInt32(int offset, uint value) => BinaryPrimitives.WriteUInt32LittleEndian(Field(offset, sizeof(uint)), value);

    /// <summary>Writes an Int32.</summary>
    /// <param name="offset">Its offset in bytes.</param>
    /// <param name="value">The value, exclusive-or the schema's default if that is not zero.</param>
    public void SetInt32(int offset, int value) => SetUInt32(offset, (uint)value);

    /// <summary>Writes a UInt64.</summary>
    /// <param name="offset">Its offset in bytes.</param>
    /// <param name="value">The value, exclusive-or the schema's default if that is not zero.</param>
    public void SetUInt64(int offset, ulong value) =>
        BinaryPrimitives.WriteUInt64LittleEndian(Field(offset, sizeof(ulong)), value);

    /// <summary>Writes an Int64.</summary>
    /// <param name="offset">Its offset in bytes.</param>
    /// <param name="value">The value, exclusive-or the schema's default if that is not zero.</param>
    public void SetInt64(int offset, long value) => SetUInt64(offset, (ulong)value);

    /// <summary>Gives a pointer to set.</summary>
    /// <param name="index">Its place in the pointer section.</param>
    /// <returns>The pointer.</returns>
    public PointerBuilder GetPointer(int index)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)index, _size.PointerWords, nameof(index));
        return new PointerBuilder(_message, _position + ((_size.DataWords + index) * sizeof(ulong)));
    }

    /// <summary>The whole data section, for copying.</summary>
    internal Span<byte> Data => _message.Bytes(_position, _size.DataWords * sizeof(ulong));

    // The message's buffer is larger than the struct, so its own bounds check would not catch a wrong offset.
    private Span<byte> Field(int offset, int bytes)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(offset, (_size.DataWords * sizeof(ulong)) - bytes);
        return _message.Bytes(_position + offset, bytes);
    }
}
