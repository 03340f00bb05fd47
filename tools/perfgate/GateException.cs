namespace Culvert.PerfGate;

/// <summary>The gate cannot decide: a program is missing or its output is not understood. Counts as a failure.</summary>
/// <param name="message">What is wrong and what to do.</param>
public sealed class GateException(string message) : Exception(message);
