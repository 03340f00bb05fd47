using System.Text;
using Culvert.Ingress.Snapshots;

namespace Culvert.Ingress.Rules;

/// <summary>What is checked and derived from the hostname of a rule (ingress-and-config, sections 1.3 and 1.5).</summary>
internal static class HostnamePattern
{
    /// <summary>Whether the text splits into host and port.</summary>
    public static bool HasPort(string hostname)
    {
        var bytes = Encoding.UTF8.GetBytes(hostname);
        return !HostPort.HostOf(bytes).SequenceEqual(bytes);
    }

    /// <summary>
    /// The ASCII form that DNS knows a hostname by; null when there is none, or when it is the hostname itself.
    /// </summary>
    public static string? ToAscii(string hostname)
    {
        if (Ascii.IsValid(hostname) && !hostname.AsSpan().ContainsAnyInRange('A', 'Z'))
        {
            return null;
        }

        var ascii = InternationalName.ToAscii(hostname);
        return ascii == hostname ? null : ascii;
    }
}
