using System.Runtime.InteropServices;

namespace Culvert.Engine.Tracing;

/// <summary>Who made the spans, the same in all of them (http2-and-proxy, section 8.3). Immutable.</summary>
public sealed class TraceResource
{
    private readonly ProtobufWriter _message = new();

    /// <summary>Describes this process.</summary>
    /// <param name="version">Version of the connector.</param>
    public TraceResource(string version)
    {
        ArgumentNullException.ThrowIfNull(version);
        Add("host.arch", Architecture);
        Add("host.type", OperatingSystem.IsWindows() ? "windows" : OperatingSystem.IsMacOS() ? "darwin" : "linux");
        Add("hostname", Environment.MachineName);
        Add("jaeger.version", $"culvert-{version}");
        Add("process.runtime.version", version);
        Add("service.name", "cloudflared");
    }

    /// <summary>The encoded Resource message.</summary>
    internal ReadOnlySpan<byte> Encoded => _message.Written;

    private static string Architecture => RuntimeInformation.ProcessArchitecture switch
    {
        System.Runtime.InteropServices.Architecture.X64 => "amd64",
        System.Runtime.InteropServices.Architecture.X86 => "386",
        var other => other.ToString().ToLowerInvariant(),
    };

    private void Add(string name, string value) => _message.Message(1, SpanEncoding.Attribute(name, value));
}
