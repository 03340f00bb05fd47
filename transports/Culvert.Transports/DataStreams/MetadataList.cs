using Culvert.CapnProto.Messages;
using Culvert.Transports.Schema;

namespace Culvert.Transports.DataStreams;

/// <summary>The metadata of a head that was read, in order. Borrows from its reader until that reads again or is reset.</summary>
public readonly struct MetadataList
{
    private readonly ListReader _list;

    internal MetadataList(ListReader list) => _list = list;

    /// <summary>Number of entries; zero also when the list is absent.</summary>
    public int Count => _list.Count;

    /// <summary>Gives an entry.</summary>
    /// <param name="index">Which one.</param>
    /// <returns>The entry.</returns>
    public MetadataEntry this[int index]
    {
        get
        {
            var entry = new Metadata(_list.GetStruct(index));
            return new MetadataEntry(entry.Key, entry.Val);
        }
    }

    /// <summary>Walks over the entries, for foreach; allocates nothing.</summary>
    /// <returns>An enumerator.</returns>
    public Enumerator GetEnumerator() => new(this);

    /// <summary>Walks over the entries.</summary>
    public struct Enumerator
    {
        private readonly MetadataList _list;
        private int _next;

        internal Enumerator(MetadataList list) => _list = list;

        /// <summary>The entry that <see cref="MoveNext"/> reached.</summary>
        public readonly MetadataEntry Current => _list[_next - 1];

        /// <summary>Goes on to the next entry.</summary>
        /// <returns>False at the end.</returns>
        public bool MoveNext() => ++_next <= _list.Count;
    }
}

/// <summary>One key and its value: raw bytes, by convention UTF-8, though header values may be anything.</summary>
public readonly ref struct MetadataEntry
{
    internal MetadataEntry(ReadOnlySpan<byte> key, ReadOnlySpan<byte> val)
    {
        Key = key;
        Val = val;
    }

    /// <summary>The key; may be empty.</summary>
    public ReadOnlySpan<byte> Key { get; }

    /// <summary>The value; may be empty.</summary>
    public ReadOnlySpan<byte> Val { get; }

    /// <summary>Takes the entry apart.</summary>
    /// <param name="key">The key.</param>
    /// <param name="val">The value.</param>
    public void Deconstruct(out ReadOnlySpan<byte> key, out ReadOnlySpan<byte> val)
    {
        key = Key;
        val = Val;
    }
}
