using System.Buffers;
using System.Buffers.Binary;
using System.Text;
using Culvert.CapnProto.Messages;

namespace Culvert.Transports.DataStreams;

/// <summary>
/// Lays out the head of a data stream: preamble, frame header, and a struct whose two pointers are a text and a list of metadata,
/// in the reference's order of allocation.
/// </summary>
/// <remarks>
/// The list comes before its texts, and its length is known last. So the texts are collected as they will stand in the message,
/// padded to words, and everything before them is written when the count is known: each byte is copied once to collect it and
/// once to send it.
/// </remarks>
internal sealed class HeadOutput(StructSize size) : IDisposable
{
    private const int Word = sizeof(ulong);

    private byte[] _texts = [];
    private int _end;
    private int[] _lengths = [];
    private int _count;

    /// <summary>Where the texts of the metadata begin: behind the struct's own text.</summary>
    private int _metadataStart;

    /// <summary>Starts a head with the struct's own text, which may be empty.</summary>
    public void Start(ReadOnlySpan<byte> text)
    {
        (_end, _count) = (0, 0);
        AddText(text, default);
        _metadataStart = _end;
    }

    /// <summary>Adds an entry; the key comes in two parts so that a prefix needs no copy of its own.</summary>
    public void Add(ReadOnlySpan<byte> prefix, ReadOnlySpan<byte> key, ReadOnlySpan<byte> val)
    {
        AddText(prefix, key);
        AddText(val, default);
    }

    /// <summary>Adds an entry of characters.</summary>
    public void Add(ReadOnlySpan<byte> prefix, ReadOnlySpan<char> key, ReadOnlySpan<char> val, Encoding encoding)
    {
        AddText(prefix, key, encoding);
        AddText(default, val, encoding);
    }

    /// <summary>Writes all of it in one piece.</summary>
    /// <param name="output">Gets the bytes; not flushed.</param>
    /// <param name="data">The struct's data word, if it has one.</param>
    /// <param name="isListPresent">Whether a list without entries is written as such and not as null.</param>
    /// <exception cref="CapnProtoException">The message would exceed 64 MiB.</exception>
    /// <exception cref="InvalidOperationException">No head was started.</exception>
    public void WriteTo(IBufferWriter<byte> output, ulong data, bool isListPresent)
    {
        if (_count == 0)
        {
            throw new InvalidOperationException("no head was started");
        }

        var entries = (_count - 1) / 2;
        var list = entries > 0 || isListPresent ? (1 + (entries * 2L)) * Word : 0;
        var segment = ((1L + size.Words) * Word) + list + _end;
        if (segment + Word > MessageLimits.LargestMessage)
        {
            throw new CapnProtoException("capnp: message too large");
        }

        var total = StreamPreamble.DataBytes + Word + (int)segment;
        var span = output.GetSpan(total)[..total];
        StreamPreamble.DataSignature.CopyTo(span);
        StreamPreamble.Version.CopyTo(span[StreamPreamble.SignatureBytes..]);
        Put(span, StreamPreamble.DataBytes, (ulong)(segment / Word) << 32);
        Layout(span[(StreamPreamble.DataBytes + Word)..], data, entries, list > 0);
        output.Advance(total);
    }

    public void Dispose()
    {
        Return(ref _texts);
        Return(ref _lengths);
        (_end, _count) = (0, 0);
    }

    private static void Put(Span<byte> span, int position, ulong word) =>
        BinaryPrimitives.WriteUInt64LittleEndian(span[position..], word);

    private static int Padded(int length) => (length + Word - 1) & ~(Word - 1);

    /// <summary>
    /// The pointer at <paramref name="position"/> to a text, which moves <paramref name="target"/> behind itself.
    /// </summary>
    private static void PutText(Span<byte> span, int position, ref int target, int length)
    {
        Put(span, position, length == 0 ? 0 : Pointer(position, target) | 1 | 2UL << 32 | (ulong)length << 35);
        target += Padded(length);
    }

    private static ulong Pointer(int position, int target) => (uint)((target - position - Word) / Word) << 2;

    private static void Return<T>(ref T[] array)
    {
        if (array.Length > 0)
        {
            ArrayPool<T>.Shared.Return(array);
            array = [];
        }
    }

    private void Layout(Span<byte> segment, ulong data, int entries, bool hasList)
    {
        Put(segment, 0, (ulong)size.DataWords << 32 | (ulong)size.PointerWords << 48);
        var pointers = (1 + size.DataWords) * Word;
        if (size.DataWords > 0)
        {
            Put(segment, Word, data);
        }

        var target = pointers + (2 * Word);
        _texts.AsSpan(0, _metadataStart).CopyTo(segment[target..]);
        PutText(segment, pointers, ref target, _lengths[0]);
        if (!hasList)
        {
            Put(segment, pointers + Word, 0);
            return;
        }

        Put(segment, pointers + Word, Pointer(pointers + Word, target) | 1 | 7UL << 32 | (ulong)(entries * 2) << 35);
        Put(segment, target, (ulong)(uint)(entries << 2) | 2UL << 48);
        var position = target + Word;
        target = position + (entries * 2 * Word);
        _texts.AsSpan(_metadataStart, _end - _metadataStart).CopyTo(segment[target..]);
        for (var i = 1; i < _count; i++, position += Word)
        {
            PutText(segment, position, ref target, _lengths[i]);
        }
    }

    private void AddText(ReadOnlySpan<byte> first, ReadOnlySpan<byte> second)
    {
        var text = Take((long)first.Length + second.Length);
        first.CopyTo(text);
        second.CopyTo(text[first.Length..]);
        Keep(first.Length + second.Length);
    }

    private void AddText(ReadOnlySpan<byte> prefix, ReadOnlySpan<char> rest, Encoding encoding)
    {
        var text = Take(prefix.Length + (long)encoding.GetMaxByteCount(rest.Length));
        prefix.CopyTo(text);
        Keep(prefix.Length + encoding.GetBytes(rest, text[prefix.Length..]));
    }

    /// <summary>Room for a text of at most so many bytes, its NUL and its padding.</summary>
    private Span<byte> Take(long bytes)
    {
        var end = _end + bytes + Word;
        if (end > MessageLimits.LargestMessage)
        {
            throw new CapnProtoException("capnp: message too large");
        }

        Grow(ref _texts, _end, (int)end, first: 2048);
        return _texts.AsSpan(_end, (int)(end - _end));
    }

    /// <summary>Ends the text that was written where <see cref="Take"/> said.</summary>
    private void Keep(int length)
    {
        // Empty text is the null pointer and has no bytes; any other has a NUL, which the message's length counts.
        var counted = length == 0 ? 0 : length + 1;
        var padded = Padded(counted);
        _texts.AsSpan(_end + length, padded - Math.Min(length, padded)).Clear();
        _end += padded;
        Grow(ref _lengths, _count, _count + 1, first: 64);
        _lengths[_count++] = counted;
    }

    private static void Grow<T>(ref T[] array, int used, int needed, int first)
    {
        if (needed <= array.Length)
        {
            return;
        }

        var larger = ArrayPool<T>.Shared.Rent(Math.Max(needed, Math.Max(first, array.Length * 2)));
        array.AsSpan(0, used).CopyTo(larger);
        Return(ref array);
        array = larger;
    }
}
