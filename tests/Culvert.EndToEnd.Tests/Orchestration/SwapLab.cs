using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Net.WebSockets;
using System.Text;
using Culvert.Connector;
using Culvert.Connector.Supervision;
using Culvert.Edge;
using Culvert.Edge.Certificates;
using Culvert.EndToEnd.Tests.WebSockets;
using Culvert.Ingress.Services;
using Culvert.Ingress.Snapshots;
using Culvert.Transports.Quic;
using Culvert.Transports.Streams;
using Culvert.Transports.Tls;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using ConfiguredTunnel = Culvert.Edge.Tunnels.Tunnel;

namespace Culvert.EndToEnd.Tests.Orchestration;

/// <summary>
/// An edge node and a connector in this process that log warnings only, with origins and visitors of every kind.
/// </summary>
internal sealed class SwapLab : IAsyncDisposable
{
    private static readonly IPEndPoint AnyPort = new(IPAddress.Loopback, 0);

    // A busy machine may hold this process up for longer than the five seconds after which a silent connection has ended.
    private static readonly QuicTransportOptions Patient = new() { IdleTimeout = TimeSpan.FromMinutes(1) };

    // Rules that nobody asks for make a configuration weigh enough to be missed when it stays.
    private static readonly string Ballast = string.Join(
        ",\n", Enumerable.Range(0, 40)
            .Select(i => $$"""{ "hostname": "h{{i}}.example", "service": "http://localhost:{{i + 1}}" }"""));

    private readonly EdgeCertificates _certificates = EdgeCertificates.CreateInMemory(DateTimeOffset.UtcNow);
    private readonly CancellationTokenSource _stop = new();
    private readonly EdgeNode _edge;
    private readonly List<WebOrigin> _origins = [];
    private readonly RawOrigin _echo;
    private readonly List<SocketsHttpHandler> _handlers = [];
    private readonly ConcurrentDictionary<int, TaskCompletionSource> _held = new();
    private Task _running = Task.CompletedTask;
    private ConfiguredTunnel _tunnel = null!;
    private int _visitorConnections;

    private SwapLab()
    {
        var options = new EdgeOptions { ConnectorAddress = AnyPort, VisitorAddress = AnyPort, ApiAddress = null, Quic = Patient };
        _edge = new EdgeNode(options, _certificates, Log);
        _echo = RawOrigin.Start(async peer =>
        {
            while (true)
            {
                await peer.WriteAsync(await peer.ReadAsync(4));
            }
        });
    }

    /// <summary>What the edge and the connector complain of.</summary>
    public WarningLog Log { get; } = new();

    public Connector.Connector Connector { get; private set; } = null!;

    /// <summary>Connections that HTTP visitors have made; one more than visitors means that one was dropped.</summary>
    public int VisitorConnections => Volatile.Read(ref _visitorConnections);

    /// <summary>Lets the origin answer the request of <c>/held?NUMBER</c>, which waits for it.</summary>
    public void Release(int number) => Held(number).TrySetResult();

    public static async Task<SwapLab> StartAsync(string transport, int connections)
    {
        var lab = new SwapLab();
        lab._origins.Add(await WebOrigin.StartAsync(lab.AnswerAsync));
        lab._origins.Add(await SocketOrigin.EchoAsync());
        await lab._edge.StartAsync(default);
        var (credentials, hostname) = lab._edge.QuickTunnels.Create()!.Value;
        lab._tunnel = lab._edge.Tunnels.Find(hostname)!;
        lab.Connector = new Connector.Connector(
            new ConnectorOptions
            {
                Credentials = credentials,
                EdgeAddresses = [.. Enumerable.Repeat(lab._edge.ConnectorEndPoint, connections)],
                Connections = connections,
                Trust = EdgeTrust.Only(lab._certificates.Authority),
                Ingress = IngressSnapshot.CatchAll(new OriginService.Status(404)),
                Protocol = transport == "quic" ? TunnelProtocol.Quic : TunnelProtocol.Http2,
                GracePeriod = TimeSpan.FromSeconds(5),
                Quic = Patient,
            },
            lab.Log);
        lab._running = lab.Connector.RunAsync(lab._stop.Token);
        await Deadline.UntilAsync(() => lab._tunnel.Connections.Count == connections, "connections");
        return lab;
    }

    /// <summary>
    /// Gives the connector rules for all origins, of which the last answers <paramref name="status"/>, and waits until every
    /// connection has acknowledged them.
    /// </summary>
    public async Task SwapAsync(int status)
    {
        var version = _tunnel.Configure(
            Encoding.UTF8.GetBytes($$"""
                {
                  "ingress": [
                    { "path": "^/(web|held)", "service": "{{_origins[0].Address.GetLeftPart(UriPartial.Authority)}}" },
                    { "path": "^/socket", "service": "{{_origins[1].Address.GetLeftPart(UriPartial.Authority)}}" },
                    { "path": "^/hello", "service": "hello_world" },
                    {{Ballast}},
                    { "service": "http_status:{{status}}" }
                  ],
                  "warp-routing": { "maxActiveFlows": {{1000 + status}} }
                }
                """),
            DateTimeOffset.UnixEpoch).Version;
        await Deadline.UntilAsync(
            () => _tunnel.Connections.All(connection => connection.Configured?.LatestAppliedVersion == version),
            $"version {version}");
    }

    /// <summary>A client with one connection of its own, which never makes another one unless it was dropped.</summary>
    public HttpClient CreateVisitor()
    {
        var handler = new SocketsHttpHandler
        {
            ConnectCallback = async (_, cancellationToken) =>
            {
                Interlocked.Increment(ref _visitorConnections);
                var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
                socket.NoDelay = true;
                await socket.ConnectAsync(_edge.VisitorEndPoint, cancellationToken);
                return new NetworkStream(socket, ownsSocket: true);
            },
            UseProxy = false,
        };
        _handlers.Add(handler);
        return new HttpClient(handler) { BaseAddress = new Uri($"http://{_tunnel.Hostname}"), Timeout = Deadline.Limit };
    }

    public async Task<WebSocket> ConnectSocketAsync()
    {
        var socket = new ClientWebSocket();
        socket.Options.SetRequestHeader("Host", _tunnel.Hostname);
        await socket.ConnectAsync(new Uri($"ws://{_edge.VisitorEndPoint}/socket"), default).InTime();
        return socket;
    }

    /// <summary>A private network stream to an origin that sends back what it gets, four bytes at a time.</summary>
    public async Task<ConnectorStream> OpenFlowAsync()
    {
        var head = new RequestHead { Kind = StreamKind.Tcp };
        head.SetLine("GET", _echo.Address.Authority, "/");
        var stream = await _tunnel.Pick()!.OpenStreamAsync(head, default).InTime();
        Assert.Equal(Transports.Headers.ResponseSource.Origin, (await stream.ReadHeadAsync(default).InTime()).Source);
        return stream;
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _edge.DisposeAsync();
        await _running.InTime();
        foreach (var origin in _origins)
        {
            await origin.DisposeAsync();
        }

        await _echo.DisposeAsync();
        _handlers.ForEach(handler => handler.Dispose());
        _certificates.Dispose();
        _stop.Dispose();
    }

    private async Task AnswerAsync(HttpContext context)
    {
        if (context.Request.Path == "/held")
        {
            await Held(int.Parse(context.Request.QueryString.Value!.AsSpan(1), CultureInfo.InvariantCulture)).Task
                .WaitAsync(context.RequestAborted);
        }

        context.Response.ContentLength = 2;
        await context.Response.Body.WriteAsync("ok"u8.ToArray());
    }

    private TaskCompletionSource Held(int number) =>
        _held.GetOrAdd(number, _ => new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));

    /// <summary>Keeps lines from warnings on, and those that say that a connection ended.</summary>
    internal sealed class WarningLog : ILogger
    {
        private readonly ConcurrentQueue<string> _lines = new();

        public override string ToString() => string.Join('\n', _lines);

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Information;

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (logLevel >= LogLevel.Warning
                || formatter(state, exception).StartsWith("Lost connection", StringComparison.Ordinal))
            {
                _lines.Enqueue($"{TimeProvider.System.GetUtcNow():HH:mm:ss.fff} {logLevel}: {formatter(state, exception)}");
            }
        }
    }
}
