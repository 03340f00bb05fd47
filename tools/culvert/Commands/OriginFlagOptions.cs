using System.CommandLine;
using Culvert.Ingress.Settings;

namespace Culvert.CommandLine.Commands;

/// <summary>
/// Flags for the one origin of a tunnel without rules, beside <c>--url</c> and <c>--hello-world</c>, and others whose settings
/// are read merged.
/// </summary>
internal static class OriginFlagOptions
{
    private static readonly (string Name, string Description)[] Flags =
    [
        ("unix-socket", "Path of a unix socket that an HTTP server listens on, instead of --url."),
        ("bastion", "Connect to whatever host each request names."),
        ("socks5", "Speak SOCKS5 on TCP origins."),
        ("proxy-connect-timeout", "Longest time to connect to the origin."),
        ("proxy-tls-timeout", "Longest TLS handshake with the origin."),
        ("proxy-tcp-keepalive", "Interval of TCP keep-alive probes."),
        ("proxy-no-happy-eyeballs", "Try IPv4 only when IPv6 has failed."),
        ("proxy-keepalive-connections", "Most idle connections to the origin."),
        ("proxy-keepalive-timeout", "How long an idle connection is kept."),
        ("proxy-address", "Told to the edge, no effect."),
        ("proxy-port", "Told to the edge, no effect."),
        ("http-host-header", "Host header that the origin gets."),
        ("origin-server-name", "Name that the origin's certificate has to have."),
        ("origin-ca-pool", "File with certificate authorities of the origin."),
        ("no-tls-verify", "Accept any certificate of the origin."),
        ("no-chunked-encoding", "Send request bodies without chunks."),
        ("http2-origin", "Speak HTTP/2 with TLS origins."),
        ("dns-resolver-addrs", "Resolver for the DNS of private networks, as IP:PORT; at most ten. Repeatable."),
        ("icmpv4-src", "Source address of IPv4 pings to private networks."),
        ("icmpv6-src", "Source address of IPv6 pings to private networks, with a zone where it needs one."),
        ("retries", "Largest exponent of the waits between attempts to connect."),
        ("rpc-timeout", "Longest registration of a connection."),
        ("max-active-flows", "Most private network flows at a time; 0 is without limit."),
    ];

    /// <summary>Adds the flags; their values are read and checked by <see cref="SettingMerge"/>.</summary>
    public static void AddTo(Command command)
    {
        foreach (var (name, description) in Flags)
        {
            command.Options.Add(Create(SettingTable.Find(name)!, description));
        }
    }

    /// <summary>A flag for a setting, as text.</summary>
    public static Option Create(Setting setting, string description)
    {
        var aliases = setting.Aliases.Select(alias => alias.Length == 1 ? "-" + alias : "--" + alias).ToArray();
        return setting.Type switch
        {
            SettingType.Switch => new Option<bool>("--" + setting.Name, aliases) { Description = description, Recursive = true },
            SettingType.List =>
                new Option<string[]>("--" + setting.Name, aliases) { Description = description, Recursive = true },
            _ => new Option<string>("--" + setting.Name, aliases)
            {
                Description = description,
                HelpName = HelpName(setting),
                Recursive = true,
            },
        };
    }

    private static string HelpName(Setting setting) => setting.Type switch
    {
        SettingType.Duration => "DURATION",
        SettingType.Number => "N",
        _ => "TEXT",
    };
}
