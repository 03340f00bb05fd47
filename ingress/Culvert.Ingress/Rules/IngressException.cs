namespace Culvert.Ingress.Rules;

/// <summary>A rule, a service or a setting is not valid; the text is the original's where it has one.</summary>
public class IngressException(string message, Exception? inner = null) : FormatException(message, inner)
{
    /// <summary>Line and column, from 1, of the rule that is not valid; null when it is in no file, or no rule.</summary>
    public (int Line, int Column)? Place { get; init; }
}
