using System.Buffers.Binary;
using System.Security.Cryptography;

namespace Culvert.Ingress.Snapshots;

/// <summary>Hashes hosts, eight bytes at a time. Seeded for each process: who writes rules cannot make them collide.</summary>
internal static class HostHash
{
    private const int Word = sizeof(ulong);

    private static readonly ulong Seed = RandomNumber();
    private static readonly ulong Factor = RandomNumber() | 1;

    /// <summary>The hash of a host; every bit of it is as good as the others.</summary>
    public static ulong Of(ReadOnlySpan<byte> host)
    {
        var hash = Seed ^ (uint)host.Length;
        if (host.Length < Word)
        {
            ulong word = 0;
            foreach (var b in host)
            {
                word = (word << 8) | b;
            }

            return Mix(Mix(hash ^ word));
        }

        // The last word overlaps the one before it instead of being filled up.
        for (var at = 0; at < host.Length - Word; at += Word)
        {
            hash = Mix(hash ^ BinaryPrimitives.ReadUInt64LittleEndian(host[at..]));
        }

        return Mix(Mix(hash ^ BinaryPrimitives.ReadUInt64LittleEndian(host[^Word..])));
    }

    private static ulong Mix(ulong value)
    {
        var high = Math.BigMul(value, Factor, out var low);
        return high ^ low;
    }

    private static ulong RandomNumber() => BinaryPrimitives.ReadUInt64LittleEndian(RandomNumberGenerator.GetBytes(Word));
}
