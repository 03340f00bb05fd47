using Culvert.Edge.Tunnels;
using Culvert.Edge.Visitors;
using Culvert.Transports.Connections;
using Microsoft.AspNetCore.WebUtilities;

namespace Culvert.Edge.Management;

/// <summary>
/// Decides which requests reach the management service of which connector: those whose token this node issued for its tunnel
/// (supervisor-and-operations, section 7.1 and checklist 52). Connectors verify nothing. Thread-safe.
/// </summary>
/// <param name="directory">The tunnels.</param>
/// <param name="tokens">Verifies.</param>
/// <param name="hostname">The service's host, as connectors spell it.</param>
internal sealed class ManagementGate(TunnelDirectory directory, ManagementTokens tokens, string hostname)
{
    /// <summary>
    /// The service's host as connectors spell it, which compare byte for byte; null when another host is asked for.
    /// </summary>
    public string? SpellingOf(ReadOnlySpan<char> host) => host.Equals(hostname, StringComparison.OrdinalIgnoreCase) ? hostname
        : host.Equals(ManagementHostnames.Federal, StringComparison.OrdinalIgnoreCase) ? ManagementHostnames.Federal : null;

    /// <summary>Verifies a request.</summary>
    /// <returns>The tunnel and, where the client chose one, the connector; else why not.</returns>
    public async ValueTask<(Tunnel? Tunnel, Guid? Connector, ManagementRefusal? Refusal)> AdmitAsync(Visitor visitor)
    {
        var target = visitor.RawTarget;
        var start = target.IndexOf('?', StringComparison.Ordinal);
        var query = QueryHelpers.ParseQuery(start < 0 ? "" : target[start..]);
        if (!query.TryGetValue("access_token", out var values) || values is not [{ Length: > 0 } token])
        {
            return (null, null, ManagementRefusal.NoToken);
        }

        Guid? connector = null;
        if (query.TryGetValue("connector_id", out var chosen) && chosen.ToString() is { Length: > 0 } text)
        {
            if (!Guid.TryParseExact(text, "D", out var id))
            {
                return (null, null, ManagementRefusal.BadConnector);
            }

            connector = id;
        }

        if (await tokens.VerifyAsync(token).ConfigureAwait(false) is not { } claims)
        {
            return (null, null, ManagementRefusal.InvalidToken);
        }

        return !claims.Allows(visitor.Path) ? (null, null, ManagementRefusal.NotAllowed)
            : directory.Find(claims.TunnelId) is { } tunnel && tunnel.Pick(connector) is not null ? (tunnel, connector, null)
            : (null, null, ManagementRefusal.NoConnector);
    }
}
