using System.Buffers;

namespace Culvert.Edge.AccessLogs;

/// <summary>Turns entries into lines of at most 32 KiB, without allocating. Not thread-safe.</summary>
internal interface ILineFormat : IDisposable
{
    /// <summary>Longest path in characters; the rest is left out.</summary>
    const int MaxPath = 2048;

    /// <summary>Longest host and method in characters.</summary>
    const int MaxWord = 256;

    /// <summary>Writes a line with its end.</summary>
    void Write(in AccessLogEntry entry, IBufferWriter<byte> destination);

    static ReadOnlySpan<char> Cut(ReadOnlySpan<char> text, int longest) => text.Length > longest ? text[..longest] : text;
}
