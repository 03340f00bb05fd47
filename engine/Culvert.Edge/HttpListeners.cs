using System.Net;
using System.Text;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace Culvert.Edge;

/// <summary>The two HTTP servers of a node: one for visitors, one for the API.</summary>
internal static class HttpListeners
{
    /// <summary>Time a visitor has to send the head of a request.</summary>
    private static readonly TimeSpan HeadTimeout = TimeSpan.FromSeconds(30);

    /// <summary>Creates the visitors' server: bodies of any length and speed, heads and connections bounded.</summary>
    /// <param name="options">Address and limits of the node.</param>
    /// <param name="bound">Gets the listener, whose address is known after the start.</param>
    public static KestrelServer CreateForVisitors(EdgeOptions options, Action<ListenOptions> bound)
    {
        var server = CreateOptions();
        server.Limits.MaxRequestBodySize = null;
        server.Limits.MinRequestBodyDataRate = null;
        server.Limits.MinResponseDataRate = null;
        server.Limits.MaxRequestHeadersTotalSize = 64 * 1024;
        server.Limits.MaxRequestLineSize = 32 * 1024;
        server.Limits.MaxRequestHeaderCount = 256;
        server.Limits.MaxConcurrentConnections = options.MaxVisitorConnections;
        server.Limits.MaxConcurrentUpgradedConnections = options.MaxVisitorConnections;
        server.RequestHeaderEncodingSelector = _ => Encoding.Latin1;
        server.ResponseHeaderEncodingSelector = _ => Encoding.Latin1;
        return Create(server, options.VisitorAddress, bound);
    }

    /// <summary>Creates the API's server; its requests have next to no body.</summary>
    public static KestrelServer CreateForApi(IPEndPoint address, Action<ListenOptions> bound)
    {
        var server = CreateOptions();
        server.Limits.MaxRequestBodySize = 64 * 1024;
        server.Limits.MaxConcurrentConnections = 256;
        return Create(server, address, bound);
    }

    private static KestrelServerOptions CreateOptions()
    {
        var options = new KestrelServerOptions { AddServerHeader = false };
        options.Limits.RequestHeadersTimeout = HeadTimeout;
        return options;
    }

    private static KestrelServer Create(KestrelServerOptions options, IPEndPoint address, Action<ListenOptions> bound)
    {
        options.Listen(address, listen =>
        {
            listen.Protocols = HttpProtocols.Http1;
            bound(listen);
        });
        var transport = new SocketTransportFactory(Options.Create(new SocketTransportOptions()), NullLoggerFactory.Instance);
        return new KestrelServer(Options.Create(options), transport, NullLoggerFactory.Instance);
    }
}
