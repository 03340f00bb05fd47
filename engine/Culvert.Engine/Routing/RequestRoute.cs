using Culvert.Ingress.Snapshots;
using Culvert.Transports.Streams;

namespace Culvert.Engine.Routing;

/// <summary>The Route stage: which rule serves a request (http2-and-proxy, section 4.4).</summary>
public static class RequestRoute
{
    /// <summary>Asks the snapshot for the rule of a request: by host, then by path.</summary>
    /// <returns>Index of the rule.</returns>
    public static int Find(IngressSnapshot snapshot, RequestHead request)
    {
        ArgumentNullException.ThrowIfNull(snapshot);
        ArgumentNullException.ThrowIfNull(request);
        var target = request.Target;
        var query = target.IndexOf((byte)'?');
        return snapshot.Match(request.Authority, query < 0 ? target : target[..query]);
    }
}
