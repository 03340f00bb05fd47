using System.Runtime.CompilerServices;
using Culvert.Edge.PrivateNetworks.Flows;
using Culvert.Transports.AsyncMethods;
using Culvert.Transports.Configuration;
using Culvert.Transports.Connections;
using Culvert.Transports.Streams;

namespace Culvert.Edge.Tunnels;

/// <summary>A registered connection of a tunnel, with the count of its open streams. Thread-safe.</summary>
public sealed class TunnelConnection
{
    private readonly ConnectorConnection _connection;
    private readonly TaskCompletionSource _drained = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _openStreams;
    private volatile bool _draining;
    private volatile ConfigurationUpdateResult? _configured;

    /// <summary>Creates it for a connection that has just registered.</summary>
    public TunnelConnection(ConnectorConnection connection, Guid connectorId, byte index)
    {
        ArgumentNullException.ThrowIfNull(connection);
        _connection = connection;
        ConnectorId = connectorId;
        Index = index;
    }

    /// <summary>Id given in the registration answer.</summary>
    public Guid Id { get; } = Guid.NewGuid();

    /// <summary>The connector process.</summary>
    public Guid ConnectorId { get; }

    /// <summary>Which of the connector's connections it is.</summary>
    public byte Index { get; }

    /// <summary>Name of the transport: <c>http2</c> or <c>quic</c>.</summary>
    public string Protocol => _connection.Protocol;

    /// <summary>Carries UDP flows; null when the connection has no datagrams.</summary>
    internal FlowCarrier? Flows { get; init; }

    /// <summary>Streams that are open now.</summary>
    public int OpenStreams => Volatile.Read(ref _openStreams);

    /// <summary>Whether it takes no new streams.</summary>
    public bool IsDraining => _draining || _connection.Closed.IsCancellationRequested;

    /// <summary>Opens a stream; the caller calls <see cref="StreamEnded"/> once when it is done with it.</summary>
    /// <exception cref="ConnectorLostException">The connection has ended or is draining.</exception>
    [AsyncMethodBuilder(typeof(PooledMethodBuilder<>))]
    public async ValueTask<ConnectorStream> OpenStreamAsync(RequestHead request, CancellationToken cancellationToken)
    {
        Interlocked.Increment(ref _openStreams);
        try
        {
            return IsDraining
                ? throw new ConnectorLostException("the connection takes no new requests")
                : await _connection.OpenStreamAsync(request, cancellationToken).ConfigureAwait(false);
        }
        catch
        {
            StreamEnded();
            throw;
        }
    }

    /// <summary>Counts a stream out.</summary>
    public void StreamEnded()
    {
        if (Interlocked.Decrement(ref _openStreams) == 0 && _draining)
        {
            _drained.TrySetResult();
        }
    }

    /// <summary>Takes no new streams any more.</summary>
    /// <returns>A task that ends when the open ones have ended.</returns>
    public Task DrainAsync()
    {
        _draining = true;
        if (Flows is { } flows)
        {
            flows.IsDraining = true;
        }

        if (OpenStreams == 0)
        {
            _drained.TrySetResult();
        }

        return _drained.Task;
    }

    /// <summary>What the connector answered to the configuration that was sent last; null before it did.</summary>
    public ConfigurationUpdateResult? Configured => _configured;

    /// <summary>Sends a configuration to the connector.</summary>
    /// <exception cref="ConnectorLostException">The connection has ended, or the answer made no sense.</exception>
    internal async Task<ConfigurationUpdateResult> UpdateConfigurationAsync(
        TunnelConfiguration configuration, CancellationToken cancellationToken)
    {
        var update = new ConfigurationUpdate(configuration.Version, configuration.Json);
        return _configured = await _connection.UpdateConfigurationAsync(update, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Closes the transport.</summary>
    public ValueTask CloseAsync() => _connection.DisposeAsync();
}
