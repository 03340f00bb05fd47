using System.Runtime.InteropServices;

namespace Culvert.Connector.Registration;

/// <summary>What a connector says of itself when it registers (quic-and-rpc, section 3.7).</summary>
internal static class Features
{
    /// <summary>Protocol features that every registration lists.</summary>
    public static IReadOnlyList<string> Default { get; } =
    [
        "allow_remote_config", "serialized_headers", "support_datagram_v2", "support_quic_eof", "management_logs",
    ];

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
