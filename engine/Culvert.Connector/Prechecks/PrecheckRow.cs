namespace Culvert.Connector.Prechecks;

/// <summary>One line of a report: one target, looked at in one way. Immutable.</summary>
/// <param name="Kind">In which way.</param>
/// <param name="Target">The edge node's name, or what <c>--edge</c> says.</param>
/// <param name="Status">What was found.</param>
/// <param name="Details">The same in words.</param>
/// <param name="Action">What to do about a failure; empty for other rows.</param>
public sealed record PrecheckRow(ProbeKind Kind, string Target, ProbeStatus Status, string Details, string Action = "")
{
    /// <summary>Name of what was looked at, for people.</summary>
    public string Component => Kind switch
    {
        ProbeKind.Dns => "DNS Resolution",
        ProbeKind.Quic => "UDP Connectivity",
        ProbeKind.Http2 => "TCP Connectivity",
        _ => "Cloudflare API",
    };

    internal static PrecheckRow Resolved(ResolvedTarget target) => target.Error is null && target.Addresses.Count > 0
        ? new PrecheckRow(ProbeKind.Dns, target.Name, ProbeStatus.Pass, "DNS Resolved successfully")
        : new PrecheckRow(
            ProbeKind.Dns, target.Name, ProbeStatus.Fail, target.Error ?? "No addresses returned",
            $"Ensure your DNS resolver can resolve '{target.Name}'. Run: dig A {target.Name} @1.1.1.1. " +
            "If that fails, contact your network administrator.");

    internal static PrecheckRow Skipped(ProbeKind kind, string target, string why) => new(kind, target, ProbeStatus.Skip, why);

    internal static PrecheckRow Passed(ProbeKind kind, string target) => new(kind, target, ProbeStatus.Pass, kind switch
    {
        ProbeKind.Quic => "QUIC connection successful",
        ProbeKind.Http2 => "HTTP/2 connection successful",
        _ => "API is reachable",
    });

    /// <summary>A row of a failure.</summary>
    /// <param name="kind">What failed.</param>
    /// <param name="target">With whom.</param>
    /// <param name="why">A reason that lies on this machine; null for the usual words.</param>
    internal static PrecheckRow Failed(ProbeKind kind, string target, string? why) => kind switch
    {
        ProbeKind.Quic => new(
            kind, target, ProbeStatus.Fail, why ?? "QUIC connection failed",
            "Allow outbound QUIC traffic on port 7844 or use HTTP2."),
        ProbeKind.Http2 => new(
            kind, target, ProbeStatus.Fail, why ?? "HTTP/2 connection is blocked or unreachable",
            "Allow outbound TCP on port 7844."),
        _ => new(
            kind, target, ProbeStatus.Fail, why ?? "API Connection failed",
            "cloudflared will still run, but automatic software updates are unavailable. " +
            "Ensure port 443 TCP to api.cloudflare.com is open if you want auto-updates."),
    };
}
