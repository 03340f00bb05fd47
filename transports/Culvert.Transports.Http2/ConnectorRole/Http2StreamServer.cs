using System.Net;
using System.Text;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace Culvert.Transports.Http2.ConnectorRole;

/// <summary>
/// One Kestrel for every connection of the process. It never listens: connections that the connector dialled are handed to it.
/// </summary>
internal sealed class Http2StreamServer : IAsyncDisposable
{
    /// <summary>
    /// Request bytes a connection may hold unread; 1 MiB in the original, where one slow upload stalls all others.
    /// </summary>
    private const int ConnectionWindowBytes = 8 * 1024 * 1024;

    /// <summary>Request bytes one stream may hold unread, as the original advertises.</summary>
    internal const int StreamWindowBytes = 1024 * 1024;

    /// <summary>1 MiB and 32 bytes for each of 10 fields, as the original advertises.</summary>
    internal const int MaxHeaderListBytes = (1024 * 1024) + (10 * 32);

    /// <summary>Largest frame that an edge may send.</summary>
    internal const int MaxFrameBytes = 1024 * 1024;

    private readonly DialledConnections _connections = new();
    private readonly KestrelServer _server;
    private readonly Lazy<Task> _started;

    public Http2StreamServer()
    {
        _server = new KestrelServer(Options.Create(CreateOptions()), _connections, NullLoggerFactory.Instance);
        _started = new Lazy<Task>(() => _server.StartAsync(new EdgeStreamApplication(), CancellationToken.None));
    }

    public Task StartAsync(CancellationToken cancellationToken) => _started.Value.WaitAsync(cancellationToken);

    /// <summary>Hands a connection over; the server owns and disposes it.</summary>
    public ValueTask AddAsync(ConnectionContext connection, CancellationToken cancellationToken) =>
        _connections.AddAsync(connection, cancellationToken);

    public async ValueTask DisposeAsync()
    {
        if (_started.IsValueCreated)
        {
            // Streams are drained by the owner of the connections; what is left here is cut.
            await _server.StopAsync(new CancellationToken(canceled: true)).ConfigureAwait(false);
        }

        _server.Dispose();
    }

    private static KestrelServerOptions CreateOptions()
    {
        var options = new KestrelServerOptions
        {
            AddServerHeader = false,
            AllowAlternateSchemes = true,
            AllowHostHeaderOverride = true,
            RequestHeaderEncodingSelector = _ => Encoding.Latin1,
            ResponseHeaderEncodingSelector = _ => Encoding.Latin1,
        };
        var limits = options.Limits;

        // Never, in effect. The largest value would overflow and end connections whose edge opens its first stream late.
        limits.KeepAliveTimeout = TimeSpan.FromDays(365);
        limits.RequestHeadersTimeout = TimeSpan.FromSeconds(10);
        limits.MaxRequestBodySize = null;
        limits.MinRequestBodyDataRate = null;
        limits.MinResponseDataRate = null;
        limits.MaxRequestHeaderCount = Headers.HeaderList.MaxCount;
        limits.MaxRequestLineSize = MaxHeaderListBytes;
        limits.MaxRequestHeadersTotalSize = MaxHeaderListBytes;
        limits.MaxRequestBufferSize = 2 * MaxHeaderListBytes;
        limits.Http2.MaxRequestHeaderFieldSize = MaxHeaderListBytes;
        limits.Http2.MaxStreamsPerConnection = Connections.StreamSlots.DefaultCapacity;
        limits.Http2.InitialConnectionWindowSize = ConnectionWindowBytes;
        limits.Http2.InitialStreamWindowSize = StreamWindowBytes;
        limits.Http2.MaxFrameSize = MaxFrameBytes;
        options.Listen(DialledEndPoint.Instance, listen => listen.Protocols = HttpProtocols.Http2);
        return options;
    }

    private sealed class DialledEndPoint : EndPoint
    {
        public static readonly DialledEndPoint Instance = new();

        public override string ToString() => "dialled";
    }
}
