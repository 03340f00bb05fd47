using System.Buffers;

namespace Culvert.Transports.Headers;

/// <summary>
/// An ordered list of header fields held as raw bytes: names keep their spelling, repeated names keep their order, values may
/// hold any byte.
/// </summary>
/// <remarks>
/// Not thread-safe. The list owns its buffers: spans handed out are valid until the next
/// <see cref="Add(ReadOnlySpan{byte}, ReadOnlySpan{byte})"/> or
/// <see cref="Clear"/>. An empty list holds no buffer. <see cref="Clear"/> returns the buffers to the shared pool.
/// </remarks>
public sealed class HeaderList
{
    /// <summary>
    /// Largest sum of name and value bytes in one list; what an HTTP/2 connector advertises as its header limit (1 MiB).
    /// </summary>
    public const int MaxBytes = 1024 * 1024;

    /// <summary>Largest number of fields in one list.</summary>
    public const int MaxCount = 4096;

    private const int FirstFieldCount = 16;

    private static int _rented;

    private readonly ByteArena _arena;
    private readonly bool _ownsArena;
    private Field[] _fields = [];
    private long _length;

    /// <summary>Creates an empty list.</summary>
    public HeaderList()
        : this(new ByteArena()) => _ownsArena = true;

    /// <summary>Creates a list whose bytes lie in an arena that its owner clears together with the list.</summary>
    internal HeaderList(ByteArena arena) => _arena = arena;

    /// <summary>Number of fields.</summary>
    public int Count { get; private set; }

    /// <summary>Buffers for fields, of all lists of the process, that were not given back.</summary>
    internal static int Rented => Volatile.Read(ref _rented);

    /// <summary>The field at <paramref name="index"/>.</summary>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="index"/> is not below <see cref="Count"/>.</exception>
    public HeaderField this[int index]
    {
        get
        {
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)index, (uint)Count, nameof(index));
            var field = _fields[index];
            return new HeaderField(_arena[field.Name], _arena[field.Value]);
        }
    }

    /// <summary>Appends a field; the bytes are copied, unless they lie in memory that was lent to the list's owner.</summary>
    /// <exception cref="HeaderLimitException">The list would exceed <see cref="MaxBytes"/> or <see cref="MaxCount"/>.</exception>
    public void Add(ReadOnlySpan<byte> name, ReadOnlySpan<byte> value)
    {
        Reserve(name.Length, value.Length);
        _fields[Count++] = new Field(_arena.Add(name), _arena.Add(value));
    }

    /// <summary>
    /// Appends a field whose characters stand for one byte each (ISO 8859-1), as the platform's HTTP types hold them.
    /// </summary>
    /// <exception cref="HeaderLimitException">The list would exceed <see cref="MaxBytes"/> or <see cref="MaxCount"/>.</exception>
    public void Add(string name, string value)
    {
        ArgumentNullException.ThrowIfNull(name);
        ArgumentNullException.ThrowIfNull(value);
        Reserve(name.Length, value.Length);
        _fields[Count++] = new Field(_arena.Add(name), _arena.Add(value));
    }

    /// <summary>Appends a field with a name in bytes and a value whose characters stand for one byte each.</summary>
    /// <exception cref="HeaderLimitException">The list would exceed <see cref="MaxBytes"/> or <see cref="MaxCount"/>.</exception>
    public void Add(ReadOnlySpan<byte> name, string value)
    {
        ArgumentNullException.ThrowIfNull(value);
        Reserve(name.Length, value.Length);
        _fields[Count++] = new Field(_arena.Add(name), _arena.Add(value));
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
        if (_fields.Length > 0)
        {
            ArrayPool<Field>.Shared.Return(_fields);
            Interlocked.Decrement(ref _rented);
            _fields = [];
        }

        if (_ownsArena)
        {
            _arena.Clear();
        }

        Count = 0;
        _length = 0;
    }

    private void Reserve(int nameLength, int valueLength)
    {
        var needed = _length + nameLength + valueLength;
        if (needed > MaxBytes || Count >= MaxCount)
        {
            throw new HeaderLimitException($"header block larger than {MaxBytes} bytes or {MaxCount} fields");
        }

        if (Count == _fields.Length)
        {
            Grow();
        }

        _length = needed;
    }

    private void Grow()
    {
        var grown = ArrayPool<Field>.Shared.Rent(Math.Max(FirstFieldCount, Count * 2));
        _fields.AsSpan(0, Count).CopyTo(grown);
        if (_fields.Length > 0)
        {
            ArrayPool<Field>.Shared.Return(_fields);
        }
        else
        {
            Interlocked.Increment(ref _rented);
        }

        _fields = grown;
    }

    private readonly record struct Field(ArenaSlice Name, ArenaSlice Value);
}
