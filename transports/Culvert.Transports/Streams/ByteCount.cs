namespace Culvert.Transports.Streams;

/// <summary>Bytes that a copy has moved so far. Thread-safe.</summary>
/// <param name="total">Counts them too, with those of other copies; null for none.</param>
public sealed class ByteCount(ByteCount? total = null)
{
    private long _value;

    /// <summary>Bytes since the beginning, or since the last <see cref="Reset"/>.</summary>
    public long Value => Volatile.Read(ref _value);

    /// <summary>Begins anew; the total stays.</summary>
    public void Reset() => Volatile.Write(ref _value, 0);

    /// <summary>Counts bytes.</summary>
    public void Add(long bytes)
    {
        Interlocked.Add(ref _value, bytes);
        total?.Add(bytes);
    }
}
