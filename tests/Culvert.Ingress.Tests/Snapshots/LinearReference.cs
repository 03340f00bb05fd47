using Culvert.Ingress.Snapshots;

namespace Culvert.Ingress.Tests.Snapshots;

/// <summary>Section 1.4 word for word: one rule after another.</summary>
internal static class LinearReference
{
    public static int Match(IReadOnlyList<IngressRule> rules, string host, byte[] path)
    {
        for (var i = 0; i < rules.Count; i++)
        {
            if ((HostMatches(rules[i].Hostname, host) || rules[i].AsciiHostname == host) && rules[i].Path?.IsMatch(path) != false)
            {
                return i;
            }
        }

        return rules.Count - 1;
    }

    private static bool HostMatches(string pattern, string host) =>
        pattern is "" or "*" || pattern == host
        || (pattern.StartsWith("*.", StringComparison.Ordinal) && host.EndsWith(pattern[1..], StringComparison.Ordinal));
}
