namespace Culvert.CommandLine.Diagnosing;

/// <summary>One file of a diagnostic.</summary>
/// <param name="Name">Its name for people, and in the report.</param>
/// <param name="File">Its name in the archive.</param>
/// <param name="Collect">Writes it.</param>
internal sealed record DiagnosticJob(string Name, string File, Func<Stream, CancellationToken, Task> Collect);
