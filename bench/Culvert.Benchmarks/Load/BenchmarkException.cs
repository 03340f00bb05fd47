namespace Culvert.Benchmarks.Load;

/// <summary>A run that cannot be measured; the text says why and, where it helps, what a process has logged.</summary>
internal sealed class BenchmarkException(string message) : Exception(message);
