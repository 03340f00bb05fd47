namespace Culvert.EndToEnd.Tests.Fixtures;

/// <summary>
/// Endless reproducible bytes. The period is a prime, so that a lost, doubled or swapped buffer of any usual size shows.
/// </summary>
internal static class Pattern
{
    private const int Period = 1_048_573;

    private static readonly byte[] Block = CreateBlock();

    /// <summary>The longest run of bytes from an offset that lies in one piece of memory.</summary>
    public static ReadOnlyMemory<byte> From(long offset) => Block.AsMemory((int)(offset % Period));

    /// <summary>A copy of so many bytes from an offset.</summary>
    public static byte[] Bytes(long offset, int count)
    {
        var bytes = new byte[count];
        for (var filled = 0; filled < count;)
        {
            var run = From(offset + filled).Span;
            run = run[..Math.Min(run.Length, count - filled)];
            run.CopyTo(bytes.AsSpan(filled));
            filled += run.Length;
        }

        return bytes;
    }

    /// <summary>Whether bytes are those at an offset.</summary>
    public static bool Matches(long offset, ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            var run = From(offset).Span;
            run = run[..Math.Min(run.Length, bytes.Length)];
            if (!bytes[..run.Length].SequenceEqual(run))
            {
                return false;
            }

            bytes = bytes[run.Length..];
            offset += run.Length;
        }

        return true;
    }

    private static byte[] CreateBlock()
    {
        var block = new byte[Period];
#pragma warning disable CA5394 // Reproducible, not secret.
        new Random(7844).NextBytes(block);
#pragma warning restore CA5394
        return block;
    }
}
