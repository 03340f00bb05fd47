using System.Buffers;
using System.Text;

namespace Culvert.Transports.Headers;

/// <summary>
/// An ordered list of header fields held as raw bytes in one pooled buffer: names keep their spelling, repeated names keep
/// their order, values may hold any byte.
/// </summary>
/// <remarks>
/// Not thread-safe. The list owns its buffer: spans handed out are valid until the next <see cref="Add(ReadOnlySpan{byte}, ReadOnlySpan{byte})"/> or
/// <see cref="Clear"/>. An empty list holds no buffer. <see cref="Clear"/> returns the buffer to the shared pool.
/// </remarks>
public sealed class HeaderList
{
    /// <summary>Largest sum of name and value bytes in one list; what an HTTP/2 connector advertises as its header limit (1 MiB).</summary>
    public const int MaxBytes = 1024 * 1024;

    /// <summary>Largest number of fields in one list.</summary>
    public const int MaxCount = 4096;

    private const int FirstBufferBytes = 2048;
    private const int FirstFieldCount = 32;

    private byte[] _bytes = [];
    private Field[] _fields = [];
    private int _length;

    /// <summary>Number of fields.</summary>
    public int Count { get; private set; }

    /// <summary>The field at <paramref name="index"/>.</summary>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="index"/> is not below <see cref="Count"/>.</exception>
    public HeaderField this[int index]
    {
        get
        {
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)index, (uint)Count, nameof(index));
            var field = _fields[index];
            return new HeaderField(
                _bytes.AsSpan(field.Start, field.NameLength),
                _bytes.AsSpan(field.Start + field.NameLength, field.ValueLength));
        }
    }

    /// <summary>Appends a field; the bytes are copied.</summary>
    /// <exception cref="HeaderLimitException">The list would exceed <see cref="MaxBytes"/> or <see cref="MaxCount"/>.</exception>
    public void Add(ReadOnlySpan<byte> name, ReadOnlySpan<byte> value)
    {
        var start = Reserve(name.Length, value.Length);
        name.CopyTo(_bytes.AsSpan(start));
        value.CopyTo(_bytes.AsSpan(start + name.Length));
        Commit(start, name.Length, value.Length);
    }

    /// <summary>Appends a field whose characters stand for one byte each (ISO 8859-1), as the platform's HTTP types hold them.</summary>
    /// <exception cref="HeaderLimitException">The list would exceed <see cref="MaxBytes"/> or <see cref="MaxCount"/>.</exception>
    public void Add(string name, string value)
    {
        ArgumentNullException.ThrowIfNull(name);
        ArgumentNullException.ThrowIfNull(value);
        var start = Reserve(name.Length, value.Length);
        Encoding.Latin1.GetBytes(name, _bytes.AsSpan(start));
        Encoding.Latin1.GetBytes(value, _bytes.AsSpan(start + name.Length));
        Commit(start, name.Length, value.Length);
    }

    /// <summary>Appends a field with a name in bytes and a value whose characters stand for one byte each.</summary>
    /// <exception cref="HeaderLimitException">The list would exceed <see cref="MaxBytes"/> or <see cref="MaxCount"/>.</exception>
    public void Add(ReadOnlySpan<byte> name, string value)
    {
        ArgumentNullException.ThrowIfNull(value);
        var start = Reserve(name.Length, value.Length);
        name.CopyTo(_bytes.AsSpan(start));
        Encoding.Latin1.GetBytes(value, _bytes.AsSpan(start + name.Length));
        Commit(start, name.Length, value.Length);
    }

    /// <summary>Appends every field of <paramref name="other"/>.</summary>
    /// <exception cref="HeaderLimitException">The list would exceed <see cref="MaxBytes"/> or <see cref="MaxCount"/>.</exception>
    public void AddRange(HeaderList other)
    {
        ArgumentNullException.ThrowIfNull(other);
        for (var i = 0; i < other.Count; i++)
        {
            var field = other[i];
            Add(field.Name, field.Value);
        }
    }

    /// <summary>Finds the first field with this name, ignoring case.</summary>
    public bool TryGet(ReadOnlySpan<byte> name, out ReadOnlySpan<byte> value)
    {
        for (var i = 0; i < Count; i++)
        {
            var field = this[i];
            if (field.Is(name))
            {
                value = field.Value;
                return true;
            }
        }

        value = default;
        return false;
    }

    /// <summary>Removes every field with this name, ignoring case. The order of the others is kept.</summary>
    /// <returns>How many were removed.</returns>
    public int Remove(ReadOnlySpan<byte> name)
    {
        var kept = 0;
        for (var i = 0; i < Count; i++)
        {
            if (!this[i].Is(name))
            {
                _fields[kept++] = _fields[i];
            }
        }

        var removed = Count - kept;
        Count = kept;
        return removed;
    }

    /// <summary>Removes every field with this name and appends one with the given value.</summary>
    /// <exception cref="HeaderLimitException">The list would exceed <see cref="MaxBytes"/> or <see cref="MaxCount"/>.</exception>
    public void Set(ReadOnlySpan<byte> name, ReadOnlySpan<byte> value)
    {
        Remove(name);
        Add(name, value);
    }

    /// <summary>Removes every field with this name and appends one whose value's characters stand for one byte each.</summary>
    /// <exception cref="HeaderLimitException">The list would exceed <see cref="MaxBytes"/> or <see cref="MaxCount"/>.</exception>
    public void Set(ReadOnlySpan<byte> name, string value)
    {
        Remove(name);
        Add(name, value);
    }

    /// <summary>Removes everything and returns the buffers to the pool. The list can be filled again.</summary>
    public void Clear()
    {
        if (_bytes.Length > 0)
        {
            ArrayPool<byte>.Shared.Return(_bytes);
            ArrayPool<Field>.Shared.Return(_fields);
            _bytes = [];
            _fields = [];
        }

        Count = 0;
        _length = 0;
    }

    private int Reserve(int nameLength, int valueLength)
    {
        var needed = (long)_length + nameLength + valueLength;
        if (needed > MaxBytes || Count >= MaxCount)
        {
            throw new HeaderLimitException($"header block larger than {MaxBytes} bytes or {MaxCount} fields");
        }

        if (needed > _bytes.Length || _fields.Length == 0)
        {
            _bytes = Grow(_bytes, _length, Math.Max((int)needed, FirstBufferBytes));
        }

        if (Count == _fields.Length)
        {
            _fields = Grow(_fields, Count, Math.Max(Count + 1, FirstFieldCount));
        }

        return _length;
    }

    private void Commit(int start, int nameLength, int valueLength)
    {
        _fields[Count++] = new Field(start, nameLength, valueLength);
        _length = start + nameLength + valueLength;
    }

    private static T[] Grow<T>(T[] old, int used, int atLeast)
    {
        var grown = ArrayPool<T>.Shared.Rent(Math.Max(atLeast, used * 2));
        old.AsSpan(0, used).CopyTo(grown);
        if (old.Length > 0)
        {
            ArrayPool<T>.Shared.Return(old);
        }

        return grown;
    }

    private readonly record struct Field(int Start, int NameLength, int ValueLength);
}
