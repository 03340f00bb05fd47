using Culvert.Ingress.Snapshots;
using Culvert.Transports.Streams;

namespace Culvert.Engine.Routing;

/// <summary>The Route stage: which rule serves a request (http2-and-proxy, section 4.4).</summary>
public static class RequestRoute
{
    /// <summary>Asks the snapshot for the rule of a request: by host without port, then by path.</summary>
    /// <returns>Index of the rule.</returns>
    public static int Find(IngressSnapshot snapshot, RequestHead request)
    {
        ArgumentNullException.ThrowIfNull(snapshot);
        ArgumentNullException.ThrowIfNull(request);
        var target = request.Target;
        var query = target.IndexOf((byte)'?');
        return snapshot.Match(HostWithoutPort(request.Authority), query < 0 ? target : target[..query]);
    }

    /// <summary>Cuts a port off; an IPv6 address keeps its brackets.</summary>
    internal static ReadOnlySpan<byte> HostWithoutPort(ReadOnlySpan<byte> authority)
    {
        var colon = authority.LastIndexOf((byte)':');
        var isPort = colon >= 0 && authority[(colon + 1)..].IndexOfAnyExceptInRange((byte)'0', (byte)'9') < 0
            && (authority[..colon].IndexOf((byte)':') < 0 || authority[..colon].EndsWith("]"u8));
        return isPort ? authority[..colon] : authority;
    }
}
