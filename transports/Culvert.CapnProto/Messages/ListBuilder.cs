namespace Culvert.CapnProto.Messages;

/// <summary>One list of a message under construction. See <see cref="MessageBuilder"/> for its lifetime.</summary>
public readonly struct ListBuilder
{
    private readonly MessageBuilder _message;
    private readonly int _position;
    private readonly ElementSize _element;
    private readonly StructSize _size;

    internal ListBuilder(MessageBuilder message, int position, int count, ElementSize element, StructSize size)
    {
        _message = message;
        _position = position;
        Count = count;
        _element = element;
        _size = size;
    }

    /// <summary>Number of elements.</summary>
    public int Count { get; }

    /// <summary>Gives a struct to fill.</summary>
    /// <param name="index">Which element of a list of structs.</param>
    /// <returns>The struct.</returns>
    public StructBuilder GetStruct(int index)
    {
        Check(index, ElementSize.Composite);
        return new StructBuilder(_message, _position + (index * _size.Words * sizeof(ulong)), _size);
    }

    /// <summary>Gives a pointer to set.</summary>
    /// <param name="index">Which element of a list of pointers.</param>
    /// <returns>The pointer.</returns>
    public PointerBuilder GetPointer(int index)
    {
        Check(index, ElementSize.AnyPointer);
        return new PointerBuilder(_message, _position + (index * sizeof(ulong)));
    }

    /// <summary>
    /// The elements of a list of numbers as bytes, little endian, to be filled in place; bits are packed from the lowest.
    /// Borrowed until the message grows.
    /// </summary>
    /// <returns>All elements.</returns>
    public Span<byte> GetBytes() => _element < ElementSize.AnyPointer
        ? _message.Bytes(_position, (int)((((long)Count * BitsOf(_element)) + 7) / 8))
        : throw new InvalidOperationException("not a list of numbers");

    internal static int BitsOf(ElementSize element) => element switch
    {
        ElementSize.Void => 0,
        ElementSize.Bit => 1,
        ElementSize.Byte => 8,
        ElementSize.TwoBytes => 16,
        ElementSize.FourBytes => 32,
        ElementSize.EightBytes or ElementSize.AnyPointer => 64,
        _ => throw new ArgumentOutOfRangeException(nameof(element), element, "structs have their own size"),
    };

    private void Check(int index, ElementSize expected)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)index, (uint)Count, nameof(index));
        if (_element != expected)
        {
            throw new InvalidOperationException("the list has elements of another kind");
        }
    }
}
