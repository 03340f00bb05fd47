using System.Net;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace Culvert.Engine.Metrics;

/// <summary>
/// Serves metrics and readiness of a connector or an edge node over HTTP (supervisor-and-operations, section 6).
/// </summary>
public sealed partial class MetricsServer : IAsyncDisposable
{
    private const int MaxConnections = 64;
    private const int MaxBodyBytes = 64 * 1024;

    private static readonly TimeSpan HeadTimeout = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan StopLimit = TimeSpan.FromSeconds(15);

    private readonly KestrelServer _server;
    private readonly ILogger _logger;

    private MetricsServer(KestrelServer server, IPEndPoint address, ILogger logger)
    {
        _server = server;
        _logger = logger;
        Address = address;
    }

    /// <summary>Where it listens.</summary>
    public IPEndPoint Address { get; }

    /// <summary>Binds the first address that can be bound.</summary>
    /// <param name="address">Where to try.</param>
    /// <param name="application">Answers the requests.</param>
    /// <param name="logger">Hears where it listens, and that it ended.</param>
    /// <exception cref="MetricsServerException">None can be bound.</exception>
    public static async Task<MetricsServer> StartAsync(
        MetricsAddress address, IHttpApplication<HttpContext> application, ILogger logger)
    {
        ArgumentNullException.ThrowIfNull(address);
        for (var i = 0; ; i++)
        {
            ListenOptions listener = null!;
            var server = Create(address.EndPoints[i], listen => listener = listen);
            try
            {
                await server.StartAsync(application, CancellationToken.None).ConfigureAwait(false);
                LogStarted(logger, listener.IPEndPoint!);
                return new MetricsServer(server, listener.IPEndPoint!, logger);
            }
            catch (IOException e)
            {
                server.Dispose();
                if (i == address.EndPoints.Count - 1)
                {
                    throw new MetricsServerException($"Error opening metrics server listener: {e.Message}", e);
                }
            }
        }
    }

    /// <summary>Ends the requests under way, for 15 s at most, and closes the port.</summary>
    public async ValueTask DisposeAsync()
    {
        using var limit = new CancellationTokenSource(StopLimit);
        await _server.StopAsync(limit.Token).ConfigureAwait(false);
        _server.Dispose();
        LogStopped(_logger);
    }

    private static KestrelServer Create(IPEndPoint address, Action<ListenOptions> bound)
    {
        var options = new KestrelServerOptions { AddServerHeader = false };
        options.Limits.RequestHeadersTimeout = HeadTimeout;
        options.Limits.MaxRequestBodySize = MaxBodyBytes;
        options.Limits.MaxConcurrentConnections = MaxConnections;
        options.Listen(address, listen =>
        {
            listen.Protocols = HttpProtocols.Http1;
            bound(listen);
        });
        var transport = new SocketTransportFactory(Options.Create(new SocketTransportOptions()), NullLoggerFactory.Instance);
        return new KestrelServer(Options.Create(options), transport, NullLoggerFactory.Instance);
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Starting metrics server on {address}/metrics")]
    private static partial void LogStarted(ILogger logger, IPEndPoint address);

    [LoggerMessage(Level = LogLevel.Information, Message = "Metrics server stopped")]
    private static partial void LogStopped(ILogger logger);
}
