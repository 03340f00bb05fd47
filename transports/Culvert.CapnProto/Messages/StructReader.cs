using System.Buffers.Binary;

namespace Culvert.CapnProto.Messages;

/// <summary>
/// A view of one struct of a received message. Fields beyond its end read as their default, so that older and newer schemas
/// understand each other; the default value is the empty struct. See <see cref="MessageReader"/> for its lifetime.
/// </summary>
/// <remarks>
/// Offsets are those of the encoding: in bytes from the start of the data section (bits for <see cref="GetBool"/>), and must be
/// multiples of the field's size as the schema compiler lays them out. Fields with a default other than zero are stored
/// exclusive-or that default, which is therefore given when reading.
/// </remarks>
public readonly struct StructReader
{
    private readonly MessageReader? _message;
    private readonly int _segment;
    private readonly int _position;
    private readonly int _dataBytes;
    private readonly int _pointers;
    private readonly int _nesting;

    internal StructReader(MessageReader message, int segment, int position, int dataBytes, int pointers, int nesting)
    {
        _message = message;
        _segment = segment;
        _position = position;
        _dataBytes = dataBytes;
        _pointers = pointers;
        _nesting = nesting;
    }

    /// <summary>Bytes of the data section as received.</summary>
    public int DataBytes => _dataBytes;

    /// <summary>Number of pointers as received.</summary>
    public int PointerCount => _pointers;

    /// <summary>Reads a Bool.</summary>
    /// <param name="bit">Its offset in bits.</param>
    /// <param name="standard">The schema's default.</param>
    /// <returns>The field's value.</returns>
    public bool GetBool(int bit, bool standard = false) => (((GetByte(bit >> 3) >> (bit & 7)) & 1) != 0) != standard;

    /// <summary>Reads a UInt8.</summary>
    /// <param name="offset">Its offset in bytes.</param>
    /// <param name="standard">The schema's default.</param>
    /// <returns>The field's value.</returns>
    public byte GetByte(int offset, byte standard = 0) => (byte)(Has(offset, 1) ? Field(offset, 1)[0] ^ standard : standard);

    /// <summary>Reads a UInt16, an enum or the discriminant of a union.</summary>
    /// <param name="offset">Its offset in bytes.</param>
    /// <param name="standard">The schema's default.</param>
    /// <returns>The field's value.</returns>
    public ushort GetUInt16(int offset, ushort standard = 0) => Has(offset, sizeof(ushort))
        ? (ushort)(BinaryPrimitives.ReadUInt16LittleEndian(Field(offset, sizeof(ushort))) ^ standard)
        : standard;

    /// <summary>Reads a UInt32.</summary>
    /// <param name="offset">Its offset in bytes.</param>
    /// <param name="standard">The schema's default.</param>
    /// <returns>The field's value.</returns>
    public uint GetUInt32(int offset, uint standard = 0) =>
        Has(offset, sizeof(uint)) ? BinaryPrimitives.ReadUInt32LittleEndian(Field(offset, sizeof(uint))) ^ standard : standard;

    /// <summary>Reads an Int32.</summary>
    /// <param name="offset">Its offset in bytes.</param>
    /// <param name="standard">The schema's default.</param>
    /// <returns>The field's value.</returns>
    public int GetInt32(int offset, int standard = 0) => (int)GetUInt32(offset, (uint)standard);

    /// <summary>Reads a UInt64.</summary>
    /// <param name="offset">Its offset in bytes.</param>
    /// <param name="standard">The schema's default.</param>
    /// <returns>The field's value.</returns>
    public ulong GetUInt64(int offset, ulong standard = 0) =>
        Has(offset, sizeof(ulong)) ? BinaryPrimitives.ReadUInt64LittleEndian(Field(offset, sizeof(ulong))) ^ standard : standard;

    /// <summary>Reads an Int64.</summary>
    /// <param name="offset">Its offset in bytes.</param>
    /// <param name="standard">The schema's default.</param>
    /// <returns>The field's value.</returns>
    public long GetInt64(int offset, long standard = 0) => (long)GetUInt64(offset, (ulong)standard);

    /// <summary>Gives a pointer of any type.</summary>
    /// <param name="index">Its place in the pointer section.</param>
    /// <returns>The pointer; null beyond the end of the section.</returns>
    public PointerReader GetPointer(int index) => (uint)index < (uint)_pointers
        ? new PointerReader(_message!, _segment, _position + _dataBytes + (index * sizeof(ulong)), _nesting)
        : default;

    /// <summary>Reads a struct; see <see cref="PointerReader.AsStruct"/>.</summary>
    /// <param name="index">Its place in the pointer section.</param>
    /// <returns>The struct.</returns>
    /// <exception cref="CapnProtoException">The pointer is malformed or beyond a limit.</exception>
    public StructReader GetStruct(int index) => GetPointer(index).AsStruct();

    /// <summary>Reads a list; see <see cref="PointerReader.AsList"/>.</summary>
    /// <param name="index">Its place in the pointer section.</param>
    /// <returns>The list.</returns>
    /// <exception cref="CapnProtoException">The pointer is malformed or beyond a limit.</exception>
    public ListReader GetList(int index) => GetPointer(index).AsList();

    /// <summary>Reads Text; see <see cref="PointerReader.AsText"/>.</summary>
    /// <param name="index">Its place in the pointer section.</param>
    /// <returns>The bytes without the final NUL, borrowed from the message.</returns>
    /// <exception cref="CapnProtoException">The pointer is malformed or beyond a limit.</exception>
    public ReadOnlySpan<byte> GetText(int index) => GetPointer(index).AsText();

    /// <summary>Reads Data; see <see cref="PointerReader.AsData"/>.</summary>
    /// <param name="index">Its place in the pointer section.</param>
    /// <returns>The bytes, borrowed from the message.</returns>
    /// <exception cref="CapnProtoException">The pointer is malformed or beyond a limit.</exception>
    public ReadOnlySpan<byte> GetData(int index) => GetPointer(index).AsData();

    /// <summary>The data section as received, borrowed from the message.</summary>
    internal ReadOnlySpan<byte> Data => _message is null ? default : _message.Bytes(_position, _dataBytes);

    private bool Has(int offset, int bytes) => offset >= 0 && offset <= _dataBytes - bytes;

    private ReadOnlySpan<byte> Field(int offset, int bytes) => _message!.Bytes(_position + offset, bytes);
}
