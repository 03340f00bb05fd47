namespace Culvert.Edge.Management;

/// <summary>What a verified management token allows. Immutable.</summary>
/// <param name="TunnelId">Whose connectors may be asked.</param>
/// <param name="Resources">For what: <c>logs</c>, <c>ping</c>, <c>host_details</c>, or <c>admin</c> for everything.</param>
internal sealed record ManagementClaims(Guid TunnelId, IReadOnlyList<string> Resources)
{
    /// <summary>Whether a route may be asked for (supervisor-and-operations, section 7.1).</summary>
    public bool Allows(ReadOnlySpan<char> path) => Resources.Contains("admin") || path switch
    {
        "/ping" => Resources.Contains("ping"),
        "/logs" => Resources.Contains("logs"),
        "/host_details" => Resources.Contains("host_details"),
        _ => false,
    };
}
