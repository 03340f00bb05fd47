using Culvert.Ingress.Settings;

namespace Culvert.CommandLine.Commands;

/// <summary>The settings that a running connector shows to who diagnoses it (supervisor-and-operations, section 7.4).</summary>
internal static class DiagnosticSettings
{
    // None of them can hold a secret; URLs, for example, may.
    private static readonly string[] Shown =
    [
        "autoupdate-freq", "bastion", "cacert", "compression-quality", "config", "credentials-file", "dial-edge-timeout",
        "dns-resolver-addrs", "edge", "edge-bind-address", "edge-ip-version", "features", "grace-period", "ha-connections",
        "hello-world", "http2-origin", "icmpv4-src", "icmpv6-src", "id", "label", "log-directory", "logfile", "loglevel",
        "management-diagnostics", "management-hostname", "max-active-flows", "max-edge-addr-retries", "metrics",
        "metrics-update-freq", "name", "no-autoupdate", "no-chunked-encoding", "no-prechecks", "no-tls-verify", "origin-ca-pool",
        "origin-server-name", "origincert", "output", "pidfile", "post-quantum", "protocol", "proxy-connect-timeout",
        "proxy-keepalive-connections", "proxy-keepalive-timeout", "proxy-no-happy-eyeballs", "proxy-tcp-keepalive",
        "proxy-tls-timeout", "quic-connection-level-flow-control-limit", "quic-disable-pmtu-discovery",
        "quic-stream-level-flow-control-limit", "region", "retries", "rpc-timeout", "socks5", "stdin-control", "tag",
        "token-file", "trace-output", "transport-loglevel", "write-stream-timeout",
    ];

    /// <summary>Those that something gave a value to.</summary>
    public static IReadOnlyDictionary<string, string> Of(IReadOnlyDictionary<string, SettingValue> settings) => Shown
        .Where(name => settings.TryGetValue(name, out var setting) && setting.IsSet && !setting.Setting.IsSecret)
        .ToDictionary(name => name, name => settings[name].ToString());
}
