using System.Text;

namespace Culvert.Connector.RemoteFeatures;

/// <summary>Which hundredth of all accounts an account belongs to (ingress-and-config, section 7.3).</summary>
internal static class AccountHash
{
    private const uint OffsetBasis = 2166136261;
    private const uint Prime = 16777619;

    /// <summary>FNV-1a of the account's tag, 0 to 99. A feature at so many percent is on for the accounts below.</summary>
    public static uint Of(string accountTag)
    {
        var hash = OffsetBasis;
        foreach (var b in Encoding.UTF8.GetBytes(accountTag))
        {
            hash = unchecked((hash ^ b) * Prime);
        }

        return hash % 100;
    }
}
