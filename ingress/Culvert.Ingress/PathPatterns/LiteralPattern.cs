using System.Buffers;

namespace Culvert.Ingress.PathPatterns;

/// <summary>
/// A pattern that is plain ASCII text, perhaps tied to the beginning or the end of the path, such as <c>^/api/</c>: most patterns
/// are, and no automaton is needed for them. Immutable and thread-safe; allocates nothing after creation.
/// </summary>
internal sealed class LiteralPattern
{
    private const int OnStack = 256;

    private readonly byte[] _text;
    private readonly bool _atStart;
    private readonly bool _atEnd;

    private LiteralPattern(byte[] text, bool atStart, bool atEnd) => (_text, _atStart, _atEnd) = (text, atStart, atEnd);

    /// <summary>The pattern, or null when it is more than plain text.</summary>
    public static LiteralPattern? TryCreate(PatternNode node)
    {
        var parts = node is PatternNode.Sequence sequence ? sequence.Parts : [node];
        var atStart = parts is [PatternNode.Place { Kind: PatternPlace.TextStart }, ..];
        var atEnd = parts is [.., PatternNode.Place { Kind: PatternPlace.TextEnd }];
        var text = new List<byte>(parts.Count);
        for (var i = atStart ? 1 : 0; i < parts.Count - (atEnd ? 1 : 0); i++)
        {
            if (parts[i] is not PatternNode.Characters { Set.Ranges: [var (first, last)] } || first != last
                || !char.IsAscii((char)first)
                || first > char.MaxValue)
            {
                return null;
            }

            text.Add((byte)first);
        }

        return new LiteralPattern([.. text], atStart, atEnd);
    }

    /// <summary>Whether a path has the text where it has to be.</summary>
    /// <param name="path">The path as it came, percent-encoded and without a query.</param>
    public bool IsMatch(ReadOnlySpan<byte> path)
    {
        if (!path.Contains((byte)'%'))
        {
            return IsIn(path);
        }

        byte[]? rented = null;
        var bytes = path.Length <= OnStack ? stackalloc byte[OnStack] : rented = ArrayPool<byte>.Shared.Rent(path.Length);
        try
        {
            return IsIn(bytes[..PathText.Unescape(path, bytes)]);
        }
        finally
        {
            if (rented is not null)
            {
                ArrayPool<byte>.Shared.Return(rented);
            }
        }
    }

    private bool IsIn(ReadOnlySpan<byte> path) => (_atStart, _atEnd) switch
    {
        (true, true) => path.SequenceEqual(_text),
        (true, false) => path.StartsWith(_text),
        (false, true) => path.EndsWith(_text),
        _ => path.IndexOf(_text) >= 0,
    };
}
