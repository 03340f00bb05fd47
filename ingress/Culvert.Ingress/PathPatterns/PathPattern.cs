using System.Buffers;
using System.Text.RegularExpressions;

namespace Culvert.Ingress.PathPatterns;

/// <summary>
/// The path filter of a rule: a regular expression in the syntax of RE2, which runs in time linear to the path's length
/// (ingress-and-config, sections 1.6 and 12.1). Immutable and thread-safe.
/// </summary>
public sealed class PathPattern
{
    /// <summary>Most characters of a pattern.</summary>
    public const int MaxLength = 8192;

    private const int OnStack = 256;

    private readonly LiteralPattern? _literal;
    private readonly PatternAlphabet _alphabet;
    private PatternNode? _node;
    private Regex? _expression;

    private PathPattern(string text)
    {
        Text = text;
        var node = Re2Parser.Parse(text, out var work);
        _alphabet = PatternAlphabet.Of(node, text);
        Work = work + _alphabet.Ranges;
        _literal = LiteralPattern.TryCreate(node);
        _node = _literal is null ? node : null;
    }

    /// <summary>Ranges of characters that were looked at to read it.</summary>
    internal long Work { get; }

    /// <summary>The pattern as it was written.</summary>
    public string Text { get; }

    /// <summary>Reads a pattern.</summary>
    /// <exception cref="PatternException">Not a pattern, too long, or of a kind that cannot be carried out.</exception>
    public static PathPattern Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        if (text.Length > MaxLength)
        {
            throw new PatternException("expression too large", $"{text[..32]}...");
        }

        return new PathPattern(text);
    }

    /// <summary>
    /// Whether the pattern occurs anywhere in a path. A pattern that is no plain text is made ready by its first path, which a
    /// table of many rules could not be for all of them; after that, nothing is allocated once it has met its kinds of paths.
    /// </summary>
    /// <param name="path">The path as it came, percent-encoded and without a query.</param>
    public bool IsMatch(ReadOnlySpan<byte> path)
    {
        if (_literal is not null)
        {
            return _literal.IsMatch(path);
        }

        var expression = _expression ?? Prepare();
        char[]? rented = null;
        var characters = path.Length <= OnStack ? stackalloc char[OnStack] : rented = ArrayPool<char>.Shared.Rent(path.Length);
        try
        {
            return expression.IsMatch(characters[..PathText.Decode(path, _alphabet, characters)]);
        }
        finally
        {
            if (rented is not null)
            {
                ArrayPool<char>.Shared.Return(rented);
            }
        }
    }

    /// <inheritdoc/>
    public override string ToString() => Text;

    // Two threads may both do it; either result will do.
    private Regex Prepare()
    {
        if (Volatile.Read(ref _node) is not { } node)
        {
            return Volatile.Read(ref _expression)!;
        }

        var expression = _alphabet.Translate(node);
        Volatile.Write(ref _expression, expression);
        Volatile.Write(ref _node, null);
        return expression;
    }
}
