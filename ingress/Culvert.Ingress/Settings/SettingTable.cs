using System.Collections.Frozen;
using Culvert.Ingress.Configuration;
using static Culvert.Ingress.Settings.SettingType;

namespace Culvert.Ingress.Settings;

/// <summary>
/// Every setting of a connector (ingress-and-config, section 8.4): its flag, which is its key in the file too, its kind, its
/// default,
/// and its environment variables. What the original has without an effect is accepted here as well.
/// </summary>
public static class SettingTable
{
    /// <summary>The settings, grouped by what they are for.</summary>
    public static IReadOnlyList<Setting> All { get; } =
    [
        // The tunnel and its credentials.
        new("config", Text) { InFile = false },
        new("token", Text, null, "TUNNEL_TOKEN") { IsSecret = true },
        new("token-file", Text, null, "TUNNEL_TOKEN_FILE"),
        new("credentials-file", Text, null, "TUNNEL_CRED_FILE") { Aliases = ["cred-file"] },
        new("credentials-contents", Text, null, "TUNNEL_CRED_CONTENTS") { IsSecret = true },
        new("origincert", Text, null, "TUNNEL_ORIGIN_CERT"),
        new("name", Text, null, "TUNNEL_NAME") { Aliases = ["n"] },
        new("id", Text, null, "TUNNEL_ID"),
        new("hostname", Text, null, "TUNNEL_HOSTNAME"),
        new("lb-pool", Text, null, "TUNNEL_LB_POOL"),
        new("label", Text),
        new("tag", List, null, "TUNNEL_TAG"),
        new("features", List) { Aliases = ["F"] },
        new("overwrite-dns", Switch, "false", "TUNNEL_FORCE_PROVISIONING_DNS") { InFile = false, Aliases = ["f"] },
        new("quick-service", Text, "https://api.trycloudflare.com"),
        new("api-url", Text, "https://api.cloudflare.com/client/v4", "TUNNEL_API_URL"),

        // The edge and the connections to it.
        new("edge", List, null, "TUNNEL_EDGE"),
        new("region", Text, null, "TUNNEL_REGION"),
        new("edge-ip-version", Text, "auto", "TUNNEL_EDGE_IP_VERSION"),
        new("edge-bind-address", Text, null, "TUNNEL_EDGE_BIND_ADDRESS"),
        new("cacert", Text, null, "TUNNEL_CACERT"),
        new("protocol", Text, "auto", "TUNNEL_TRANSPORT_PROTOCOL") { Aliases = ["p"] },
        new("post-quantum", Switch, "false", "TUNNEL_POST_QUANTUM") { Aliases = ["pq"] },
        new("ha-connections", Number, "4"),
        new("retries", Number, "5", "TUNNEL_RETRIES"),
        new("max-edge-addr-retries", Number, "8"),
        new("grace-period", Duration, "30s", "TUNNEL_GRACE_PERIOD"),
        new("rpc-timeout", Duration, "5s"),
        new("write-stream-timeout", Duration, "0s", "TUNNEL_STREAM_WRITE_TIMEOUT"),
        new("dial-edge-timeout", Duration, "15s", "DIAL_EDGE_TIMEOUT"),
        new("quic-disable-pmtu-discovery", Switch, "false", "TUNNEL_DISABLE_QUIC_PMTU"),
        new("quic-connection-level-flow-control-limit", Number, "31457280", "TUNNEL_QUIC_CONN_LEVEL_FLOW_CONTROL_LIMIT"),
        new("quic-stream-level-flow-control-limit", Number, "6291456", "TUNNEL_QUIC_STREAM_LEVEL_FLOW_CONTROL_LIMIT"),
        new("no-prechecks", Switch, "false", "TUNNEL_NO_PRECHECKS"),
        new("max-active-flows", Number, "0", "TUNNEL_MAX_ACTIVE_FLOWS") { InFile = false },
        new("dns-resolver-addrs", List, null, "TUNNEL_DNS_RESOLVER_ADDRS") { InFile = false },
        new("icmpv4-src", Text, null, "TUNNEL_ICMPV4_SRC") { InFile = false },
        new("icmpv6-src", Text, null, "TUNNEL_ICMPV6_SRC") { InFile = false },

        // The one origin of a tunnel without rules.
        new("url", Text, "http://localhost:8080", "TUNNEL_URL"),
        new("hello-world", Switch, "false", "TUNNEL_HELLO_WORLD"),
        new("unix-socket", Text, null, "TUNNEL_UNIX_SOCKET"),
        new("bastion", Switch, "false", "TUNNEL_BASTION"),
        new("socks5", Switch, "false", "TUNNEL_SOCKS"),
        new("proxy-connect-timeout", Duration, "30s"),
        new("proxy-tls-timeout", Duration, "10s"),
        new("proxy-tcp-keepalive", Duration, "30s"),
        new("proxy-no-happy-eyeballs", Switch, "false"),
        new("proxy-keepalive-connections", Number, "100"),
        new("proxy-keepalive-timeout", Duration, "90s"),
        new("proxy-address", Text, "127.0.0.1", "TUNNEL_PROXY_ADDRESS"),
        new("proxy-port", Number, "0", "TUNNEL_PROXY_PORT"),
        new("http-host-header", Text, null, "TUNNEL_HTTP_HOST_HEADER"),
        new("origin-server-name", Text, null, "TUNNEL_ORIGIN_SERVER_NAME"),
        new("origin-ca-pool", Text, null, "TUNNEL_ORIGIN_CA_POOL"),
        new("no-tls-verify", Switch, "false", "NO_TLS_VERIFY"),
        new("no-chunked-encoding", Switch, "false", "TUNNEL_NO_CHUNKED_ENCODING"),
        new("http2-origin", Switch, "false", "TUNNEL_ORIGIN_ENABLE_HTTP2"),

        // Logs, metrics and management.
        new("loglevel", Text, "info", "TUNNEL_LOGLEVEL"),
        new("transport-loglevel", Text, "info", "TUNNEL_PROTO_LOGLEVEL", "TUNNEL_TRANSPORT_LOGLEVEL")
        {
            Aliases = ["proto-loglevel"],
        },
        new("logfile", Text, null, "TUNNEL_LOGFILE"),
        new("log-directory", Text, null, "TUNNEL_LOGDIRECTORY"),
        new("trace-output", Text, null, "TUNNEL_TRACE_OUTPUT"),
        new("output", Text, "default", "TUNNEL_MANAGEMENT_OUTPUT", "TUNNEL_LOG_OUTPUT") { InFile = false },
        new("metrics", Text, "localhost:0", "TUNNEL_METRICS"),
        new("metrics-update-freq", Duration, "5s", "TUNNEL_METRICS_UPDATE_FREQ"),
        new("management-hostname", Text, "management.argotunnel.com", "TUNNEL_MANAGEMENT_HOSTNAME"),
        new("management-diagnostics", Switch, "true", "TUNNEL_MANAGEMENT_DIAGNOSTICS"),
        new("pidfile", Text, null, "TUNNEL_PIDFILE"),
        new("stdin-control", Switch, "false", "STDIN_CONTROL"),

        // Accepted without an effect.
        new("autoupdate-freq", Duration, "24h"),
        new("no-autoupdate", Switch, "false", "NO_AUTOUPDATE"),
        new("is-autoupdated", Switch, "false"),
        new("heartbeat-interval", Duration, "5s"),
        new("heartbeat-count", Number, "5"),
        new("compression-quality", Number, "0", "TUNNEL_COMPRESSION_LEVEL"),
        new("use-reconnect-token", Switch, "true", "TUNNEL_USE_RECONNECT_TOKEN"),
        new("max-fetch-size", Number, "0", "TUNNEL_MAX_FETCH_SIZE"),
        new("ui", Switch, "false"),
        new("service-op-ip", Text, "198.41.200.113:80", "TUNNEL_SERVICE_OP_IP"),
        new("proxy-connection-timeout", Duration, "90s"),
        new("proxy-expect-continue-timeout", Duration, "90s"),
        new("api-key", Text, null, "TUNNEL_API_KEY") { IsSecret = true },
        new("api-email", Text, null, "TUNNEL_API_EMAIL"),
        new("api-ca-key", Text, null, "TUNNEL_API_CA_KEY") { IsSecret = true },
        new("ssh-server", Switch, "false", "TUNNEL_SSH_SERVER"),
        new("local-ssh-port", Text, null, "LOCAL_SSH_PORT"),
        new("ssh-idle-timeout", Duration, null, "SSH_IDLE_TIMEOUT"),
        new("ssh-max-timeout", Duration, null, "SSH_MAX_TIMEOUT"),
        new("bucket-name", Text, null, "BUCKET_ID"),
        new("region-name", Text, null, "REGION_ID"),
        new("secret-id", Text, null, "SECRET_ID") { IsSecret = true },
        new("access-key-id", Text, null, "ACCESS_CLIENT_ID") { IsSecret = true },
        new("session-token", Text, null, "SESSION_TOKEN_ID") { IsSecret = true },
        new("s3-url-host", Text, null, "S3_URL"),
        new("host-key-path", Text, null, "HOST_KEY_PATH"),
        new("proxy-dns", Switch, "false"),
        new("proxy-dns-port", Number),
        new("proxy-dns-address", Text),
        new("proxy-dns-upstream", List),
        new("proxy-dns-max-upstream-conns", Number),
        new("proxy-dns-bootstrap", List),
    ];

    private static readonly FrozenDictionary<string, Setting> ByName = All.ToFrozenDictionary(
        setting => setting.Name, StringComparer.Ordinal);

    /// <summary>Every key that may stand at the top of the file.</summary>
    internal static IReadOnlyList<string> FileKeys { get; } =
        [.. ConfigurationObject.File.Keys, .. All.Where(setting => setting.InFile).Select(setting => setting.Name)];

    /// <summary>Finds a setting by its name; null when there is none. Aliases are not looked at.</summary>
    public static Setting? Find(string name) => ByName.GetValueOrDefault(name);
}
