namespace Culvert.Engine.Metrics;

/// <summary>A metrics server cannot listen where it was told to.</summary>
public sealed class MetricsServerException(string message, Exception inner) : Exception(message, inner);
