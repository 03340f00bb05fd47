using System.Text;

namespace Culvert.CapnProto.Messages;

/// <summary>
/// One pointer of a message under construction. Setting it allocates its target at the end of the message. See
/// <see cref="MessageBuilder"/> for its lifetime.
/// </summary>
public readonly struct PointerBuilder
{
    private readonly MessageBuilder _message;
    private readonly int _position;

    internal PointerBuilder(MessageBuilder message, int position)
    {
        _message = message;
        _position = position;
    }

    /// <summary>Whether nothing was set yet.</summary>
    public bool IsNull => _message.WordAt(_position) == 0;

    /// <summary>Makes the pointer null. What it pointed at stays in the message as dead space.</summary>
    public void Clear() => _message.SetWord(_position, default);

    /// <summary>Allocates a struct of zeroes.</summary>
    /// <param name="size">Its size; a struct of no size is written as a pointer to itself, so that it is not null.</param>
    /// <returns>The struct.</returns>
    /// <exception cref="CapnProtoException">The message would exceed its limit.</exception>
    public StructBuilder InitStruct(StructSize size)
    {
        if (size.Words == 0)
        {
            _message.SetWord(_position, PointerWord.EmptyStruct);
            return new StructBuilder(_message, _position, size);
        }

        var target = _message.Allocate(size.Words);
        _message.SetWord(_position, PointerWord.Struct(OffsetTo(target), size));
        return new StructBuilder(_message, target, size);
    }

    /// <summary>Allocates a list of structs of zeroes. A list of no elements is present all the same, with its tag.</summary>
    /// <param name="count">Number of elements, 0 to 2^29-1.</param>
    /// <param name="size">The size of each.</param>
    /// <returns>The list.</returns>
    /// <exception cref="CapnProtoException">The message would exceed its limit.</exception>
    public ListBuilder InitStructs(int count, StructSize size)
    {
        CheckCount(count);
        var words = (long)count * size.Words;
        var tag = _message.Allocate(words + 1);
        _message.SetWord(_position, PointerWord.List(OffsetTo(tag), ElementSize.Composite, (int)words));
        _message.SetWord(tag, PointerWord.Struct(count, size));
        return new ListBuilder(_message, tag + sizeof(ulong), count, ElementSize.Composite, size);
    }

    /// <summary>Allocates a list of zeroes, null pointers or voids.</summary>
    /// <param name="count">Number of elements, 0 to 2^29-1.</param>
    /// <param name="element">What each is; not <see cref="ElementSize.Composite"/>.</param>
    /// <returns>The list.</returns>
    /// <exception cref="CapnProtoException">The message would exceed its limit.</exception>
    public ListBuilder InitList(int count, ElementSize element)
    {
        CheckCount(count);
        var bits = ListBuilder.BitsOf(element);
        var target = _message.Allocate((((long)count * bits) + 63) / 64);
        _message.SetWord(_position, PointerWord.List(OffsetTo(target), element, count));
        return new ListBuilder(_message, target, count, element, default);
    }

    /// <summary>Writes Text.</summary>
    /// <param name="utf8">The text; empty is written as null.</param>
    /// <exception cref="CapnProtoException">The message would exceed its limit.</exception>
    public void SetText(ReadOnlySpan<byte> utf8)
    {
        if (utf8.IsEmpty)
        {
            Clear();
            return;
        }

        utf8.CopyTo(AllocateBytes(utf8.Length + 1));
    }

    /// <summary>Writes Text.</summary>
    /// <param name="text">The text; empty is written as null.</param>
    /// <exception cref="CapnProtoException">The message would exceed its limit.</exception>
    public void SetText(string text)
    {
        if (text.Length == 0)
        {
            Clear();
            return;
        }

        Encoding.UTF8.GetBytes(text, AllocateBytes(Encoding.UTF8.GetByteCount(text) + 1));
    }

    /// <summary>Writes Data.</summary>
    /// <param name="data">The bytes; empty is written as a list of no bytes, not as null.</param>
    /// <exception cref="CapnProtoException">The message would exceed its limit.</exception>
    public void SetData(ReadOnlySpan<byte> data) => data.CopyTo(AllocateBytes(data.Length));

    /// <summary>Writes a capability.</summary>
    /// <param name="index">Its index in the message's capability table.</param>
    public void SetCapability(uint index) => _message.SetWord(_position, PointerWord.Capability(index));

    private static void CheckCount(int count)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, (1 << 29) - 1);
    }

    private Span<byte> AllocateBytes(int count)
    {
        var target = _message.Allocate((count + 7L) / 8);
        _message.SetWord(_position, PointerWord.List(OffsetTo(target), ElementSize.Byte, count));
        return _message.Bytes(target, count);
    }

    private int OffsetTo(int target) => (target - _position - sizeof(ulong)) / sizeof(ulong);
}
