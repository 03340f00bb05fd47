using System.IO.Pipelines;
using System.Net;
using Culvert.Connector.Supervision;
using Culvert.Transports.Configuration;
using Culvert.Transports.Connections;
using Culvert.Transports.Credentials;
using Culvert.Transports.Registration;
using Culvert.Transports.Streams;

namespace Culvert.Benchmarks.Fleet;

/// <summary>One connection of a connector that has nothing to serve: it registers, and comes back with a connector's waits.</summary>
internal sealed class FleetConnection(
    IEdgeDialer dialer, IPEndPoint edge, byte index, TunnelCredentials credentials, Guid connector, Action<bool> changed)
    : IEdgeConnectionHandler
{
    // Those of the connector's own loop.
    private readonly Backoff _backoff = new(5, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(5), Random.Shared);
    private bool _registered;

    public StreamSlots Slots { get; } = new();

    public async Task RunAsync(CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            try
            {
                await using var connection = await dialer.DialAsync(edge, index, stop);
                await connection.ServeAsync(this, stop);
            }
            catch (Exception e) when (e is EdgeDialException or IOException or OperationCanceledException)
            {
                // It comes back.
            }

            if (_registered)
            {
                _registered = false;
                changed(false);
            }

            await Task.Delay(_backoff.Next(), stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    public async Task ServeControlStreamAsync(IDuplexPipe stream, CancellationToken cancellationToken)
    {
        await using var client = new RegistrationClient(stream);
        var request = new RegistrationRequest(
            new TunnelAuth(credentials.AccountTag, credentials.Secret), credentials.TunnelId, index,
            new ConnectorInfo(connector, [], "fleet", "linux_amd64"), IPAddress.Loopback, false, 0, (byte)_backoff.Retries);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(TimeSpan.FromSeconds(5));
        if (await client.RegisterConnectionAsync(request, limit.Token) is not ConnectionDetails)
        {
            return;
        }

        _backoff.Reset();
        _registered = true;
        changed(true);
        await Task.Delay(Timeout.InfiniteTimeSpan, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    public ValueTask ServeRequestAsync(EdgeStream stream) => ValueTask.CompletedTask;

    public ValueTask<ConfigurationUpdateResult> UpdateConfigurationAsync(ConfigurationUpdate update, CancellationToken cancellationToken) =>
        ValueTask.FromResult(new ConfigurationUpdateResult(update.Version, null));
}
