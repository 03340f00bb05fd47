namespace Culvert.Engine.Origins.Http.Requests;

/// <summary>What an origin is told as its host. Immutable.</summary>
/// <param name="Default">For a request that has none.</param>
/// <param name="Replacement">Instead of the request's, which then goes to <c>X-Forwarded-Host</c>; empty for the
/// request's own.</param>
internal sealed record OriginHost(byte[] Default, byte[] Replacement);
