using System.IO.Pipelines;
using System.Net;
using Culvert.CapnProto.Messages;
using Culvert.CapnProto.Rpc;
using Culvert.Connector.Supervision;
using Culvert.Transports.Configuration;
using Culvert.Transports.Connections;
using Culvert.Transports.Credentials;
using Culvert.Transports.Registration;
using Culvert.Transports.Streams;

namespace Culvert.Benchmarks.Fleet;

/// <summary>
/// One connection of a connector that has nothing to serve: it registers, and comes back with a connector's waits.
/// </summary>
internal sealed class FleetConnection(
    IEdgeDialer dialer, IPEndPoint edge, byte index, TunnelCredentials credentials, Guid connector, FleetCount count)
    : IEdgeConnectionHandler
{
    // Those of the connector's own loop.
    private readonly Backoff _backoff = new(5, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(5), Random.Shared);
    private CancellationTokenSource? _refused;
    private bool _registered;

    public StreamSlots Slots { get; } = new();

    public async Task RunAsync(CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            using var refused = CancellationTokenSource.CreateLinkedTokenSource(stop);
            _refused = refused;
            try
            {
                await using var connection = await dialer.DialAsync(edge, index, stop);
                await connection.ServeAsync(this, refused.Token);
            }
            catch (Exception e) when (e is EdgeDialException or IOException or OperationCanceledException)
            {
                count.Failed(e);
            }

            if (_registered)
            {
                _registered = false;
                count.Lost();
            }

            await Task.Delay(_backoff.Next(), stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    public async Task ServeControlStreamAsync(IDuplexPipe stream, CancellationToken cancellationToken)
    {
        await using var client = new RegistrationClient(stream);
        if (!await RegisterAsync(client, cancellationToken))
        {
            await _refused!.CancelAsync();
            return;
        }

        _backoff.Reset();
        _registered = true;
        count.Registered();
        await Task.Delay(Timeout.InfiniteTimeSpan, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private async Task<bool> RegisterAsync(RegistrationClient client, CancellationToken cancellationToken)
    {
        var request = new RegistrationRequest(
            new TunnelAuth(credentials.AccountTag, credentials.Secret), credentials.TunnelId, index,
            new ConnectorInfo(connector, [], "fleet", "linux_amd64"), IPAddress.Loopback, false, 0, (byte)_backoff.Retries);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(TimeSpan.FromSeconds(5));
        try
        {
            return await client.RegisterConnectionAsync(request, limit.Token) is ConnectionDetails;
        }
        catch (Exception e) when (e is RpcException or CapnProtoException or IOException or OperationCanceledException)
        {
            count.Failed(e);
            return false;
        }
    }

    public ValueTask ServeRequestAsync(EdgeStream stream) => ValueTask.CompletedTask;

    public ValueTask<ConfigurationUpdateResult> UpdateConfigurationAsync(
        ConfigurationUpdate update, CancellationToken cancellationToken) =>
        ValueTask.FromResult(new ConfigurationUpdateResult(update.Version, null));
}
