namespace Culvert.Ingress.PathPatterns;

/// <summary>A path pattern is not valid; the text is the one the original prints, without the rule's number.</summary>
public sealed class PatternException(string code, string fragment)
    : FormatException($"error parsing regexp: {code}: `{fragment}`")
{
    /// <summary>What is wrong, for example <c>missing closing ]</c>.</summary>
    public string Code { get; } = code;

    /// <summary>The part of the pattern that is wrong.</summary>
    public string Fragment { get; } = fragment;
}
