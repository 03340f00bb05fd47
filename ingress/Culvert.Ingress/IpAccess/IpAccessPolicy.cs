using System.Net;

namespace Culvert.Ingress.IpAccess;

/// <summary>Rules in order: the first that matches decides. Immutable and thread-safe.</summary>
/// <param name="rules">The rules.</param>
/// <param name="allowByDefault">The answer when none matches.</param>
public sealed class IpAccessPolicy(IReadOnlyList<IpRule> rules, bool allowByDefault)
{
    /// <summary>The rules in order.</summary>
    public IReadOnlyList<IpRule> Rules { get; } = rules;

    /// <summary>The answer when no rule matches.</summary>
    public bool AllowByDefault { get; } = allowByDefault;

    /// <summary>Whether a connection is allowed.</summary>
    /// <param name="address">Where it goes.</param>
    /// <param name="port">1 to 65535.</param>
    /// <param name="decidedBy">The rule that decided; null when none matched.</param>
    public bool Allows(IPAddress address, int port, out IpRule? decidedBy)
    {
        foreach (var rule in Rules)
        {
            if (rule.Matches(address, port))
            {
                decidedBy = rule;
                return rule.Allow;
            }
        }

        decidedBy = null;
        return AllowByDefault;
    }
}
