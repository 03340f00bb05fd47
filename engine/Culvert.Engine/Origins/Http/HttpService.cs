using Culvert.Engine.Origins.Platform;
using Culvert.Ingress.OriginRequests;
using Microsoft.Extensions.Logging;

namespace Culvert.Engine.Origins.Http;

/// <summary>Chooses the client for an HTTP service.</summary>
public static class HttpService
{
    /// <summary>
    /// Our own HTTP/1.1 client, or the platform's where an https origin is offered HTTP/2 or the environment names a
    /// forward proxy.
    /// <c>matchSNItoHost</c> keeps to HTTP/1.1, as in the original.
    /// </summary>
    /// <param name="address">Where the origin listens.</param>
    /// <param name="settings">How it is reached.</param>
    /// <param name="environment">Reads an environment variable; null reads the process's.</param>
    /// <param name="logger">Hears of certificates that are not used; null for nobody.</param>
    /// <exception cref="IOException">The file of certificates cannot be read, or the proxy's address makes no sense.</exception>
    public static IOrigin Create(
        HttpOriginAddress address, OriginRequest settings, Func<string, string?>? environment = null, ILogger? logger = null)
    {
        ArgumentNullException.ThrowIfNull(address);
        ArgumentNullException.ThrowIfNull(settings);
        var proxy = EnvironmentProxy.For(address, environment ?? Environment.GetEnvironmentVariable);
        return proxy is not null || (settings.Http2Origin && address.Tls && !settings.MatchSniToHost)
            ? new PlatformHttpOrigin(address, settings, proxy, logger: logger)
            : new HttpOrigin(address, settings, logger: logger);
    }
}
