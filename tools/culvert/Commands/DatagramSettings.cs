using System.Net;
using System.Net.Sockets;
using Culvert.Engine.Datagrams.Icmp;
using Culvert.Engine.Flows;
using Culvert.Ingress.Settings;
using Culvert.Ingress.Values;

namespace Culvert.CommandLine.Commands;

/// <summary>Settings of the connector's UDP flows and pings, with the original's texts where a value is not usable.</summary>
internal static class DatagramSettings
{
    /// <summary>The resolvers that <c>--dns-resolver-addrs</c> names.</summary>
    /// <exception cref="CommandException">One is no address with a port, or there are too many.</exception>
    public static IReadOnlyList<IPEndPoint> Resolvers(IReadOnlyDictionary<string, SettingValue> settings)
    {
        var values = settings["dns-resolver-addrs"] is { IsSet: true } setting ? setting.Values : [];
        return values.Count <= VirtualDns.MaxResolvers
            ? [.. values.Select(Resolver)]
            : throw new CommandException(
                $"invalid dns-resolver-addrs provided: too many addresses provided, max: {VirtualDns.MaxResolvers}");
    }

    /// <summary>
    /// The sources that <c>--icmpv4-src</c> and <c>--icmpv6-src</c> name. A bad one disables pings, and nothing else.
    /// </summary>
    public static IcmpOptions Icmp(IReadOnlyDictionary<string, SettingValue> settings)
    {
        string? error = null;
        return new IcmpOptions
        {
            SourceV4 = Source(settings, "icmpv4-src", AddressFamily.InterNetwork, ref error),
            SourceV6 = Source(settings, "icmpv6-src", AddressFamily.InterNetworkV6, ref error),
            Unusable = error,
        };
    }

    private static IPEndPoint Resolver(string text)
    {
        return IpText.TryParseEndPoint(text, out var address) && address.Port > 0
            ? address : throw new CommandException($"invalid dns-resolver-addrs provided: '{text}' is not IP:PORT");
    }

    private static IPAddress? Source(
        IReadOnlyDictionary<string, SettingValue> settings, string name, AddressFamily family, ref string? error)
    {
        if (settings[name] is not { IsSet: true } setting || setting.ToString() is not { Length: > 0 } text)
        {
            return null;
        }

        // Only a source may have a zone.
        IPAddress? address = null;
        var isAddress = IpText.TryParseAddress(text.Split('%', 2)[0], out _) && IPAddress.TryParse(text, out address);
        if (isAddress && address!.AddressFamily == family)
        {
            return address;
        }

        var (wanted, other) = family == AddressFamily.InterNetwork ? ("IPv4", "IPv6") : ("IPv6", "IPv4");
        error = $"--{name}: expect {wanted}, but {text} is {(isAddress ? other : "no address")}";
        return null;
    }
}
