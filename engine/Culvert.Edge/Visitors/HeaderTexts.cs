using System.Text;

namespace Culvert.Edge.Visitors;

/// <summary>
/// Strings for the header names and values that responses repeat, so that most responses need no new ones: the server takes
/// strings, connectors send bytes. One place for each hash, the latest wins: at most 600 KiB, whatever origins send. Thread-safe.
/// </summary>
internal static class HeaderTexts
{
    /// <summary>Longer ones are seldom sent twice.</summary>
    private const int LongestBytes = 128;

    private static readonly string?[] Places = new string?[2048];

    /// <summary>The bytes as text, one character a byte.</summary>
    public static string Get(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length > LongestBytes)
        {
            return Encoding.Latin1.GetString(bytes);
        }

        // A race only costs a string.
        ref var place = ref Places[Hash(bytes) % (uint)Places.Length];
        var known = place;
        if (known is null || !Ascii.Equals(bytes, known))
        {
            place = known = Encoding.Latin1.GetString(bytes);
        }

        return known;
    }

    // Seeded anew in each process, so that nobody can choose values that push out each other.
    private static uint Hash(ReadOnlySpan<byte> bytes)
    {
        var hash = new HashCode();
        hash.AddBytes(bytes);
        return (uint)hash.ToHashCode();
    }
}
