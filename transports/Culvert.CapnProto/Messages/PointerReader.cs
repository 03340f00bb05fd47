namespace Culvert.CapnProto.Messages;

/// <summary>
/// A view of one pointer of a received message, of any type (AnyPointer). The default value reads as null. See
/// <see cref="MessageReader"/> for its lifetime.
/// </summary>
public readonly struct PointerReader
{
    private readonly MessageReader? _message;
    private readonly int _segment;
    private readonly int _position;
    private readonly int _nesting;

    internal PointerReader(MessageReader message, int segment, int position, int nesting)
    {
        _message = message;
        _segment = segment;
        _position = position;
        _nesting = nesting;
    }

    /// <summary>Whether this is the null pointer.</summary>
    public bool IsNull => _message is null || _message.WordAt(_position).IsNull;

    /// <summary>Reads the pointer as a struct.</summary>
    /// <returns>The struct; an empty one, where every field has its default, for null.</returns>
    /// <exception cref="CapnProtoException">It is not a struct, not inside its segment, or beyond a limit.</exception>
    public StructReader AsStruct()
    {
        if (!TryResolve(out var pointer))
        {
            return default;
        }

        if (pointer.Word.Kind != PointerKind.Struct)
        {
            throw new CapnProtoException("capnp: expected a struct");
        }

        var size = pointer.Word.Size;
        var bytes = size.Words * sizeof(ulong);
        var position = _message!.Claim(pointer.Segment, pointer.Target, bytes, bytes);
        return new StructReader(
            _message, pointer.Segment, position, size.DataWords * sizeof(ulong), size.PointerWords, _nesting - 1);
    }

    /// <summary>Reads the pointer as a list of any element size.</summary>
    /// <returns>The list; an empty one for null.</returns>
    /// <exception cref="CapnProtoException">It is not a list, not inside its segment, or beyond a limit.</exception>
    public ListReader AsList()
    {
        if (!TryResolve(out var pointer))
        {
            return default;
        }

        return pointer.Word.Kind == PointerKind.List
            ? ListReader.Read(_message!, pointer, _nesting - 1)
            : throw new CapnProtoException("capnp: expected a list");
    }

    /// <summary>Reads the pointer as Data.</summary>
    /// <returns>The bytes, borrowed from the message; empty for null.</returns>
    /// <exception cref="CapnProtoException">It is not a list of bytes, not inside its segment, or beyond a limit.</exception>
    public ReadOnlySpan<byte> AsData()
    {
        if (!TryResolve(out var pointer))
        {
            return default;
        }

        if (pointer.Word.Kind != PointerKind.List || pointer.Word.ElementSize != ElementSize.Byte)
        {
            throw new CapnProtoException("capnp: expected a list of bytes");
        }

        var count = pointer.Word.Count;
        return _message!.Bytes(_message.Claim(pointer.Segment, pointer.Target, count, count), count);
    }

    /// <summary>Reads the pointer as Text.</summary>
    /// <returns>
    /// The bytes without the final NUL, borrowed from the message: UTF-8 by convention, but not checked. Empty for null, and,
    /// as in the reference implementation, for a text that does not end in NUL.
    /// </returns>
    /// <exception cref="CapnProtoException">It is not a list of bytes, not inside its segment, or beyond a limit.</exception>
    public ReadOnlySpan<byte> AsText()
    {
        var bytes = AsData();
        return !bytes.IsEmpty && bytes[^1] == 0 ? bytes[..^1] : default;
    }

    /// <summary>Reads the pointer as a capability.</summary>
    /// <returns>Its index in the message's capability table; null for the null pointer.</returns>
    /// <exception cref="CapnProtoException">It is not a capability.</exception>
    public uint? AsCapability()
    {
        if (!TryResolve(out var pointer))
        {
            return null;
        }

        return pointer.Word.IsCapability
            ? pointer.Word.CapabilityIndex
            : throw new CapnProtoException("capnp: expected a capability");
    }

    /// <summary>Finds what the pointer points at; false for null.</summary>
    internal bool TryResolve(out ResolvedPointer pointer)
    {
        if (IsNull)
        {
            pointer = default;
            return false;
        }

        if (_nesting <= 0)
        {
            throw new CapnProtoException("capnp: nesting limit reached");
        }

        pointer = _message!.Resolve(_segment, _position);
        return !pointer.Word.IsNull;
    }
}
