using System.Buffers;
using System.Text;

namespace Culvert.Transports.Headers;

/// <summary>
/// The bytes of a head: what lies in memory that was lent is referred to, everything else is copied into one pooled buffer.
/// </summary>
/// <remarks>Not thread-safe. Empty, it holds no buffer. Spans are valid until the next copy or <see cref="Clear"/>.</remarks>
internal sealed class ByteArena
{
    private const int FirstBytes = 512;

    private static int _rented;

    private byte[] _own = [];
    private int _length;
    private ReadOnlyMemory<byte> _lent;

    /// <summary>Buffers of all arenas of the process that were not given back.</summary>
    public static int Rented => Volatile.Read(ref _rented);

    /// <summary>
    /// Refers from now on to bytes that lie in this memory, which must stay as it is until <see cref="Clear"/>.
    /// </summary>
    public void Lend(ReadOnlyMemory<byte> bytes) => _lent = bytes;

    /// <summary>Keeps bytes, by reference when they were lent.</summary>
    public ArenaSlice Add(ReadOnlySpan<byte> bytes)
    {
        if (bytes.IsEmpty)
        {
            return default;
        }

        if (_lent.Span.Overlaps(bytes, out var offset) && offset >= 0 && offset + bytes.Length <= _lent.Length)
        {
            return new ArenaSlice(~offset, bytes.Length);
        }

        var slice = Reserve(bytes.Length);
        bytes.CopyTo(_own.AsSpan(slice.Start));
        return slice;
    }

    /// <summary>Keeps text whose characters stand for one byte each (ISO 8859-1).</summary>
    public ArenaSlice Add(string text)
    {
        var slice = Reserve(text.Length);
        Encoding.Latin1.GetBytes(text, _own.AsSpan(slice.Start));
        return slice;
    }

    /// <summary>The bytes of a slice that this arena gave.</summary>
    public ReadOnlySpan<byte> this[ArenaSlice slice] => slice.Start < 0
        ? _lent.Span.Slice(~slice.Start, slice.Length)
        : _own.AsSpan(slice.Start, slice.Length);

    /// <summary>Forgets everything and returns the buffer.</summary>
    public void Clear()
    {
        if (_own.Length > 0)
        {
            ArrayPool<byte>.Shared.Return(_own);
            Interlocked.Decrement(ref _rented);
            _own = [];
        }

        _lent = default;
        _length = 0;
    }

    private ArenaSlice Reserve(int length)
    {
        var needed = checked(_length + length);
        if (needed > _own.Length)
        {
            Grow(needed);
        }

        var slice = new ArenaSlice(_length, length);
        _length = needed;
        return slice;
    }

    private void Grow(int needed)
    {
        var wanted = Math.Min(Math.Max(FirstBytes, _length * 2L), Array.MaxLength);
        var grown = ArrayPool<byte>.Shared.Rent((int)Math.Max(needed, wanted));
        _own.AsSpan(0, _length).CopyTo(grown);
        if (_own.Length > 0)
        {
            ArrayPool<byte>.Shared.Return(_own);
        }
        else
        {
            Interlocked.Increment(ref _rented);
        }

        _own = grown;
    }
}

/// <summary>Where bytes lie in an arena; a negative start counts in the lent memory.</summary>
internal readonly record struct ArenaSlice(int Start, int Length);
