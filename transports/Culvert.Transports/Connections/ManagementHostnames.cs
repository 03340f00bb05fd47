namespace Culvert.Transports.Connections;

/// <summary>
/// Hosts of the management service, which connectors answer and edges forward (supervisor-and-operations, section 7.1).
/// </summary>
public static class ManagementHostnames
{
    /// <summary>The host unless a setting names another.</summary>
    public const string Usual = "management.argotunnel.com";

    /// <summary>The host of tunnels whose credentials are of the region <c>fed</c>, whatever a setting says.</summary>
    public const string Federal = "management.fed.argotunnel.com";
}
