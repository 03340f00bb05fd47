using Culvert.Connector;
using Culvert.Connector.Supervision;
using Culvert.Ingress.Services;
using Culvert.Ingress.Snapshots;
using Culvert.Transports.Credentials;
using Culvert.Transports.Tls;

namespace Culvert.EndToEnd.Tests.Fixtures;

/// <summary>A connector in this process that serves one origin.</summary>
internal sealed class RunningConnector : IAsyncDisposable
{
    private readonly CancellationTokenSource _stop = new();

    private RunningConnector(ConnectorOptions options)
    {
        Connector = new Connector.Connector(options, Log);
        Running = Connector.RunAsync(_stop.Token);
    }

    public Connector.Connector Connector { get; }

    /// <summary>Ends when the connector has ended.</summary>
    public Task Running { get; }

    public LineLog Log { get; } = new();

    /// <summary>Starts a connector and waits until it has registered.</summary>
    public static Task<RunningConnector> StartAsync(
        TestEdge edge, TunnelCredentials credentials, string transport, Uri origin,
        Func<ConnectorOptions, ConnectorOptions>? configure = null)
    {
        var options = new ConnectorOptions
        {
            Credentials = credentials,
            EdgeAddresses = [edge.Node.ConnectorEndPoint],
            Trust = EdgeTrust.Only(edge.Certificates.Authority),
            Ingress = IngressSnapshot.CatchAll(new OriginService.Http(origin)),
            GracePeriod = TimeSpan.FromSeconds(5),
        };
        return StartAsync(transport, configure?.Invoke(options) ?? options);
    }

    /// <summary>Starts a connector and waits until it has registered.</summary>
    public static async Task<RunningConnector> StartAsync(string transport, ConnectorOptions options)
    {
        var connector = Start(transport, options);
        await (await Task.WhenAny(connector.Running, connector.Connector.Connected).InTime());
        return connector;
    }

    /// <summary>Starts a connector that may never register.</summary>
    public static RunningConnector Start(string transport, ConnectorOptions options) => new(OverTransport(transport, options));

    /// <summary>Asks for a graceful end, as a signal does.</summary>
    public void Stop() => _stop.Cancel();

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await Running.InTime().ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _stop.Dispose();
    }

    private static ConnectorOptions OverTransport(string transport, ConnectorOptions options) => transport switch
    {
        "http2" => options with { Protocol = TunnelProtocol.Http2 },
        "quic" => options with { Protocol = TunnelProtocol.Quic },
        "auto" => options with { Protocol = TunnelProtocol.Auto },
        _ => throw new ArgumentException($"The connector has no transport {transport}", nameof(transport)),
    };
}
