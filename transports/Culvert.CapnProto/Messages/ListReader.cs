using System.Buffers.Binary;

namespace Culvert.CapnProto.Messages;

/// <summary>
/// A view of one list of a received message; the default value is the empty list. See <see cref="MessageReader"/> for its
/// lifetime.
/// </summary>
/// <remarks>
/// A list may be read as another kind of list where the schema's evolution rules allow it: any list but one of bits as a list
/// of structs, and a list of structs as a list of what their first field is.
/// </remarks>
public readonly struct ListReader
{
    private readonly MessageReader? _message;
    private readonly int _segment;
    private readonly int _position;
    private readonly int _count;
    private readonly int _nesting;
    private readonly ElementSize _element;
    private readonly StructSize _size;

    private ListReader(
        MessageReader message, int segment, int position, int count, int nesting, ElementSize element, StructSize size)
    {
        _message = message;
        _segment = segment;
        _position = position;
        _count = count;
        _nesting = nesting;
        _element = element;
        _size = size;
    }

    /// <summary>Number of elements, at most 2^29-1. Elements of no size were counted against the traversal limit.</summary>
    public int Count => _count;

    /// <summary>What the elements are on the wire.</summary>
    public ElementSize ElementSize => _element;

    internal StructSize StructSize => _size;

    /// <summary>The elements of a list of numbers, borrowed from the message.</summary>
    internal ReadOnlySpan<byte> Elements =>
        _message is null ? default : _message.Bytes(_position, (int)ByteCount(_element, _count));

    private int DataBits => _element switch
    {
        ElementSize.Bit => 1,
        ElementSize.Byte => 8,
        ElementSize.TwoBytes => 16,
        ElementSize.FourBytes => 32,
        ElementSize.EightBytes => 64,
        ElementSize.Composite => _size.DataWords * 64,
        _ => 0,
    };

    private int PointerCount => _element == ElementSize.AnyPointer ? 1 : _size.PointerWords;

    private int StepBytes => (DataBits / 8) + (PointerCount * sizeof(ulong));

    /// <summary>Reads a Bool of a list of bits.</summary>
    /// <param name="index">Which element.</param>
    /// <returns>Its value.</returns>
    /// <exception cref="CapnProtoException">The list is not one of bits.</exception>
    public bool GetBool(int index)
    {
        Check(index);
        return _element == ElementSize.Bit
            ? ((_message!.Bytes(_position + (index >> 3), 1)[0] >> (index & 7)) & 1) != 0
            : throw new CapnProtoException("capnp: expected a list of bits");
    }

    /// <summary>Reads a UInt8.</summary>
    /// <param name="index">Which element.</param>
    /// <returns>Its value.</returns>
    /// <exception cref="CapnProtoException">The elements are smaller, or bits.</exception>
    public byte GetByte(int index) => Element(index, sizeof(byte))[0];

    /// <summary>Reads a UInt16 or an enum.</summary>
    /// <param name="index">Which element.</param>
    /// <returns>Its value.</returns>
    /// <exception cref="CapnProtoException">The elements are smaller.</exception>
    public ushort GetUInt16(int index) => BinaryPrimitives.ReadUInt16LittleEndian(Element(index, sizeof(ushort)));

    /// <summary>Reads a UInt32.</summary>
    /// <param name="index">Which element.</param>
    /// <returns>Its value.</returns>
    /// <exception cref="CapnProtoException">The elements are smaller.</exception>
    public uint GetUInt32(int index) => BinaryPrimitives.ReadUInt32LittleEndian(Element(index, sizeof(uint)));

    /// <summary>Reads a UInt64.</summary>
    /// <param name="index">Which element.</param>
    /// <returns>Its value.</returns>
    /// <exception cref="CapnProtoException">The elements are smaller.</exception>
    public ulong GetUInt64(int index) => BinaryPrimitives.ReadUInt64LittleEndian(Element(index, sizeof(ulong)));

    /// <summary>Gives a pointer: the element of a list of pointers, or the first pointer of a struct.</summary>
    /// <param name="index">Which element.</param>
    /// <returns>The pointer.</returns>
    /// <exception cref="CapnProtoException">The elements hold no pointer.</exception>
    public PointerReader GetPointer(int index)
    {
        Check(index);
        return PointerCount > 0
            ? new PointerReader(_message!, _segment, _position + (index * StepBytes) + (DataBits / 8), _nesting)
            : throw new CapnProtoException("capnp: expected a list of pointers");
    }

    /// <summary>Gives a struct.</summary>
    /// <param name="index">Which element.</param>
    /// <returns>The struct; a primitive or pointer element reads as a struct that has only this field.</returns>
    /// <exception cref="CapnProtoException">The list is one of bits.</exception>
    public StructReader GetStruct(int index)
    {
        Check(index);
        return _element != ElementSize.Bit
            ? new StructReader(_message!, _segment, _position + (index * StepBytes), DataBits / 8, PointerCount, _nesting)
            : throw new CapnProtoException("capnp: expected a list of structs");
    }

    /// <summary>Reads Text; see <see cref="PointerReader.AsText"/>.</summary>
    /// <param name="index">Which element.</param>
    /// <returns>The bytes without the final NUL, borrowed from the message.</returns>
    /// <exception cref="CapnProtoException">The elements hold no pointer, or a malformed one.</exception>
    public ReadOnlySpan<byte> GetText(int index) => GetPointer(index).AsText();

    internal static ListReader Read(MessageReader message, ResolvedPointer pointer, int nesting)
    {
        var (element, count) = (pointer.Word.ElementSize, pointer.Word.Count);
        if (element == ElementSize.Composite)
        {
            return ReadComposite(message, pointer, nesting);
        }

        var bytes = ByteCount(element, count);
        var cost = element == ElementSize.Void ? count * (long)sizeof(ulong) : bytes;
        var position = message.Claim(pointer.Segment, pointer.Target, bytes, cost);
        return new ListReader(message, pointer.Segment, position, count, nesting, element, default);
    }

    private static long ByteCount(ElementSize element, int count) => (((long)count * ListBuilder.BitsOf(element)) + 7) / 8;

    private static ListReader ReadComposite(MessageReader message, ResolvedPointer pointer, int nesting)
    {
        var bytes = (pointer.Word.Count + 1L) * sizeof(ulong);
        var position = message.Claim(pointer.Segment, pointer.Target, bytes, bytes);
        var tag = message.WordAt(position);
        if (tag.Kind != PointerKind.Struct || tag.Offset < 0)
        {
            throw new CapnProtoException("capnp: bad tag of a composite list");
        }

        if (tag.Offset * (long)tag.Size.Words > pointer.Word.Count)
        {
            throw new CapnProtoException("capnp: composite list longer than its words");
        }

        if (tag.Size.Words == 0)
        {
            message.Claim(pointer.Segment, position, 0, tag.Offset * (long)sizeof(ulong));
        }

        return new ListReader(
            message, pointer.Segment, position + sizeof(ulong), tag.Offset, nesting, ElementSize.Composite, tag.Size);
    }

    private ReadOnlySpan<byte> Element(int index, int bytes)
    {
        Check(index);
        return DataBits >= bytes * 8
            ? _message!.Bytes(_position + (index * StepBytes), bytes)
            : throw new CapnProtoException("capnp: list elements are smaller than expected");
    }

    private void Check(int index) =>
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)index, (uint)_count, nameof(index));
}
