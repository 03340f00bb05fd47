namespace Culvert.Engine.Access;

/// <summary>
/// A request has no token, or a valid one for another audience: it is answered 403, as the origin's answer, and its origin never
/// hears of it (ingress-and-config, section 4.4).
/// </summary>
/// <param name="reason">For the log.</param>
public sealed class AccessRefusedException(string reason)
    : Exception($"request filtered by middleware handler ({AccessOrigin.Name}) due to: {reason}");
