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

    private readonly PatternAlphabet _alphabet;
    private readonly Regex _expression;

    private PathPattern(string text)
    {
        Text = text;
        (_alphabet, _expression) = PatternAlphabet.Translate(Re2Parser.Parse(text), text);
    }

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
    /// Whether the pattern occurs anywhere in a path. Allocates nothing once the expression has met its kinds of paths.
    /// </summary>
    /// <param name="path">The path as it came, percent-encoded and without a query.</param>
    public bool IsMatch(ReadOnlySpan<byte> path)
    {
        char[]? rented = null;
        var characters = path.Length <= OnStack ? stackalloc char[OnStack] : rented = ArrayPool<char>.Shared.Rent(path.Length);
        try
        {
            return _expression.IsMatch(characters[..PathText.Decode(path, _alphabet, characters)]);
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
}
