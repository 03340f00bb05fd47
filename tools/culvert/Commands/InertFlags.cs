using System.CommandLine;
using Culvert.Ingress.Settings;

namespace Culvert.CommandLine.Commands;

/// <summary>
/// Flags that are taken and change nothing: units and scripts of the original that have them go on working. Most have no effect
/// there either (supervisor-and-operations, section 1.9).
/// </summary>
internal static class InertFlags
{
    private static readonly string[] Names =
    [
        "dial-edge-timeout", "heartbeat-interval", "heartbeat-count", "compression-quality", "use-reconnect-token",
        "metrics-update-freq", "is-autoupdated", "ui", "id", "proxy-connection-timeout", "proxy-expect-continue-timeout",
        "api-key", "api-email", "api-ca-key", "proxy-dns", "proxy-dns-port", "proxy-dns-address", "proxy-dns-upstream",
        "proxy-dns-max-upstream-conns", "proxy-dns-bootstrap",

        // What is left there of a server for SSH.
        "local-ssh-port", "ssh-idle-timeout", "ssh-max-timeout", "bucket-name", "region-name", "secret-id", "access-key-id",
        "session-token", "s3-url-host", "host-key-path", "ssh-server",

        // With an effect in the original that there is none of here: updates, a probe of an address, runtime traces, deadlines of
        // writes.
        "autoupdate-freq", "service-op-ip", "trace-output", "write-stream-timeout",
    ];

    /// <summary>Adds the flags, hidden.</summary>
    public static void AddTo(Command command)
    {
        foreach (var name in Names)
        {
            var flag = OriginFlagOptions.Create(SettingTable.Find(name)!, "No effect.");
            flag.Hidden = true;
            command.Options.Add(flag);
        }
    }
}
