namespace Culvert.CommandLine.Diagnosing;

/// <summary>Something about a connector cannot be found out; the text goes into the report.</summary>
internal sealed class DiagnosticException(string message, Exception? inner = null) : Exception(message, inner);
