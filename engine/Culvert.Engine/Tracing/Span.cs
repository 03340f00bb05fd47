namespace Culvert.Engine.Tracing;

/// <summary>One finished piece of work of a request (http2-and-proxy, section 8.2). Immutable.</summary>
/// <param name="Name">What was done.</param>
/// <param name="Id">Random; not zero.</param>
/// <param name="Begin">When it began.</param>
/// <param name="End">When it ended.</param>
/// <param name="IsOk">Whether it says of itself that it went well; false says nothing.</param>
/// <param name="Attributes">Names with a value each: a string or a long.</param>
internal sealed record Span(
    string Name, ulong Id, DateTimeOffset Begin, DateTimeOffset End, bool IsOk, (string Name, object Value)[] Attributes);
