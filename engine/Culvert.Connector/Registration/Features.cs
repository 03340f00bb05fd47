using System.Runtime.InteropServices;
using Culvert.Connector.Datagrams;

namespace Culvert.Connector.Registration;

/// <summary>What a connector says of itself when it registers (quic-and-rpc, section 3.7).</summary>
internal static class Features
{
    /// <summary>Version 2 of datagrams; listed even where version 3 is used.</summary>
    public const string DatagramV2 = "support_datagram_v2";

    /// <summary>Version 3 of datagrams, listed on connections that speak it.</summary>
    public const string DatagramV3 = "support_datagram_v3_2";

    /// <summary>
    /// Ours alone, listed with version 3: the connector tells that an origin's port is closed, of flows whose registration asks
    /// for it. The hosted edge does not know it and is told nothing.
    /// </summary>
    public const string UdpUnreachable = "culvert_udp_unreachable";

    /// <summary>Listed by connectors that insist on post-quantum key agreement.</summary>
    public const string PostQuantum = "postquantum";

    // Earlier drafts of version 3; the edge must never see them.
    private static readonly string[] Deprecated = ["support_datagram_v3", "support_datagram_v3_1"];

    /// <summary>Protocol features that every registration lists.</summary>
    public static IReadOnlyList<string> Default { get; } =
    [
        "allow_remote_config", "serialized_headers", DatagramV2, "support_quic_eof", "management_logs",
    ];

    /// <summary>What a connector lists whatever the connection.</summary>
    public static IReadOnlyList<string> Listed(bool postQuantum) => postQuantum ? [.. Default, PostQuantum] : Default;

    /// <summary>
    /// What a connection lists: the given features and the user's, each once, and those of version 3 exactly if it speaks it.
    /// </summary>
    public static IReadOnlyList<string> Of(IEnumerable<string> listed, IEnumerable<string> users, DatagramVersion datagrams)
    {
        IEnumerable<string> version = datagrams == DatagramVersion.V3 ? [DatagramV3, UdpUnreachable] : [];
        return [.. listed.Concat(users).Except(Deprecated).Where(feature => feature != DatagramV3).Concat(version).Distinct()];
    }

    /// <summary>Operating system and processor in the original's spelling, such as <c>linux_amd64</c>.</summary>
    public static string Platform { get; } = $"{OperatingSystemName}_{Processor}";

    private static string OperatingSystemName =>
        OperatingSystem.IsWindows() ? "windows" : OperatingSystem.IsMacOS() ? "darwin" : "linux";

    private static string Processor => RuntimeInformation.ProcessArchitecture switch
    {
        Architecture.X64 => "amd64",
        Architecture.X86 => "386",
        var other => other.ToString().ToLowerInvariant(),
    };
}
