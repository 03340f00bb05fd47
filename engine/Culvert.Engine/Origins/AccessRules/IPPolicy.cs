using System.Net;

namespace Culvert.Engine.Origins.AccessRules;

/// <summary>Decides by the first rule that covers an address; what none covers is denied. Immutable.</summary>
public sealed class IPPolicy(IReadOnlyList<IPRule> rules)
{
    /// <summary>Whether an address may be reached, and the rule that decided, or null.</summary>
    public (bool Allowed, IPRule? Rule) Decide(IPAddress address, int port)
    {
        foreach (var rule in rules)
        {
            if (rule.Covers(address, port))
            {
                return (rule.Allow, rule);
            }
        }

        return (false, null);
    }
}
