using Culvert.Ingress.Rules;

namespace Culvert.Ingress.Files;

/// <summary>A configuration file cannot be used; the text names the file, and the line and column of each error.</summary>
public sealed class ConfigurationFileException(string message, Exception? inner = null) : IngressException(message, inner);
