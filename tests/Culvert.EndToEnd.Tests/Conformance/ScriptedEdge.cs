using System.Globalization;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Text;
using Culvert.Connector;
using Culvert.Edge.Certificates;
using Culvert.Ingress.Services;
using Culvert.Ingress.Snapshots;
using Culvert.Transports.Connections;
using Culvert.Transports.Credentials;
using Culvert.Transports.Http2.EdgeRole;
using Culvert.Transports.Quic.EdgeRole;
using Culvert.Transports.Registration;
using Culvert.Transports.Streams;
using Culvert.Transports.Tls;

namespace Culvert.EndToEnd.Tests.Conformance;

/// <summary>
/// An edge without a mind of its own: it registers a connector and sends it exactly the requests that a test makes, with
/// nothing added or taken away.
/// </summary>
internal sealed class ScriptedEdge : IRegistrationService, IAsyncDisposable
{
    private readonly EdgeCertificates _certificates = EdgeCertificates.CreateInMemory(DateTimeOffset.UtcNow);
    private readonly TaskCompletionSource _unregistered = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly List<string> _configurations = [];
    private QuicTunnelListener? _quic;
    private Task _conversation = Task.CompletedTask;

    private ScriptedEdge()
    {
    }

    public RunningConnector Connector { get; private set; } = null!;

    public ConnectorConnection Connection { get; private set; } = null!;

    public RegistrationRequest Registration { get; private set; } = null!;

    public IReadOnlyList<string> Configurations => _configurations;

    /// <summary>Ends when the connector has unregistered.</summary>
    public Task Unregistered => _unregistered.Task;

    public static Task<ScriptedEdge> StartAsync(
        string transport, Uri origin, Func<ConnectorOptions, ConnectorOptions>? configure = null) =>
        StartAsync(transport, new OriginService.Http(origin), configure);

    public static async Task<ScriptedEdge> StartAsync(
        string transport, OriginService origin, Func<ConnectorOptions, ConnectorOptions>? configure = null)
    {
        var edge = new ScriptedEdge();
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var address = (IPEndPoint)listener.LocalEndpoint;
        if (transport == "quic")
        {
            edge._quic = await QuicTunnelListener.BindAsync(
                new QuicTunnelListenerOptions { EndPoint = address }, edge._certificates.Server,
                edge._certificates.Authority, default);
        }

        var options = new ConnectorOptions
        {
            Credentials = new TunnelCredentials("acct", Guid.NewGuid(), new byte[] { 1, 2, 3 }),
            EdgeAddresses = [address],
            Trust = EdgeTrust.Only(edge._certificates.Authority),
            Ingress = IngressSnapshot.CatchAll(origin),
            GracePeriod = TimeSpan.FromSeconds(5),
        };
        edge.Connector = RunningConnector.Start(transport, configure?.Invoke(options) ?? options);
        edge.Connection = await edge.AcceptAsync(listener).InTime();
        var control = await edge.Connection.GetControlStreamAsync(default).InTime();
        edge._conversation = RegistrationServer.ServeAsync(control, edge, edge.Connection.Closed);
        await edge.Connector.Connector.Connected.InTime();
        return edge;
    }

    /// <summary>Sends a request, without a body unless one is given, and reads the answer to its end.</summary>
    public async Task<Answer> AskAsync(
        string line = "GET /", string headers = "", string? body = null, string host = "demo.example", string trace = "")
    {
        using var limit = new CancellationTokenSource(Deadline.Limit);
        await using var stream = await OpenAsync(StreamKind.Http, line, headers, body is not null, host, trace);
        if (body is not null)
        {
            await stream.Output.WriteAsync(Encoding.Latin1.GetBytes(body), limit.Token);
            await stream.Output.CompleteAsync();
        }

        return await Answer.ReadAsync(stream, limit.Token);
    }

    /// <summary>Sends a request head; header lines end with a newline.</summary>
    public async Task<ConnectorStream> OpenAsync(
        StreamKind kind, string line = "GET /", string headers = "", bool hasBody = false, string host = "demo.example",
        string trace = "")
    {
        var request = new RequestHead { Kind = kind, HasBody = hasBody };
        var space = line.IndexOf(' ', StringComparison.Ordinal);
        request.SetLine(line[..space], host, line[(space + 1)..]);
        request.SetTraceContext(Encoding.ASCII.GetBytes(trace));
        foreach (var header in headers.Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            var colon = header.IndexOf(": ", StringComparison.Ordinal);
            request.Headers.Add(header[..colon], header[(colon + 2)..]);
        }

        if (request.Headers.TryGet("content-length"u8, out var length))
        {
            request.ContentLength = long.Parse(length, CultureInfo.InvariantCulture);
        }

        return await Connection.OpenStreamAsync(request, default).InTime();
    }

    public ValueTask<RegistrationResult> RegisterConnectionAsync(RegistrationRequest request, CancellationToken cancellationToken)
    {
        Registration = request;
        return ValueTask.FromResult<RegistrationResult>(
            new ConnectionDetails(Guid.NewGuid(), "test01", TunnelIsRemotelyManaged: false));
    }

    public ValueTask UnregisterConnectionAsync(CancellationToken cancellationToken)
    {
        _unregistered.TrySetResult();
        return ValueTask.CompletedTask;
    }

    public ValueTask UpdateLocalConfigurationAsync(ReadOnlyMemory<byte> json, CancellationToken cancellationToken)
    {
        _configurations.Add(Encoding.UTF8.GetString(json.Span));
        return ValueTask.CompletedTask;
    }

    public async ValueTask DisposeAsync()
    {
        Connector.Stop();
        await Connection.DisposeAsync();
        await Connector.DisposeAsync();
        await _conversation.InTime().ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (_quic is not null)
        {
            await _quic.DisposeAsync();
        }

        _certificates.Dispose();
    }

    private async Task<ConnectorConnection> AcceptAsync(TcpListener listener)
    {
        if (_quic is not null)
        {
            return await _quic.AcceptAsync(default);
        }

        var certificate = SslStreamCertificateContext.Create(_certificates.Server, null, offline: true);
        return await Http2ConnectorConnection.AcceptAsync(
            await listener.AcceptSocketAsync(), certificate, TimeProvider.System, default);
    }
}
