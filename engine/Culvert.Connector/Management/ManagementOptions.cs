using Culvert.Transports.Connections;

namespace Culvert.Connector.Management;

/// <summary>The service that operators reach through the tunnel (supervisor-and-operations, section 7.1). Immutable.</summary>
public sealed record ManagementOptions
{
    /// <summary>Host whose requests go to it and to no rule; empty for no such service.</summary>
    public string Hostname { get; init; } = ManagementHostnames.Usual;

    /// <summary>Whether it shows metrics.</summary>
    public bool Diagnostics { get; init; } = true;

    /// <summary>What the connector is called in place of the host's name; empty for that.</summary>
    public string Label { get; init; } = "";

    /// <summary>The host for tunnels of a region (supervisor-and-operations, section 1.3, step S15).</summary>
    /// <param name="endpoint">Region of the tunnel's credentials; empty for the usual one.</param>
    public string HostnameOf(string endpoint) =>
        endpoint == "fed" && Hostname.Length > 0 ? ManagementHostnames.Federal : Hostname;

    /// <summary>Time between two pings of a log stream; a client that answers none for four of them is gone.</summary>
    internal TimeSpan PingPeriod { get; init; } = TimeSpan.FromSeconds(15);
}
