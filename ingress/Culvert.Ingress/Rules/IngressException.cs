namespace Culvert.Ingress.Rules;

/// <summary>A rule, a service or a setting is not valid; the text is the original's where it has one.</summary>
public class IngressException(string message, Exception? inner = null) : FormatException(message, inner);
