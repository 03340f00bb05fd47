using System.Security.Cryptography;
using System.Text.Json;
using Culvert.Transports.Credentials;

namespace Culvert.Edge.Tunnels;

/// <summary>A tunnel and the connections it has now. Thread-safe.</summary>
public sealed class Tunnel
{
    private readonly Lock _lock = new();
    private readonly byte[] _secret;
    private volatile TunnelConnection[] _connections = [];
    private volatile TunnelConfiguration? _configuration;
    private volatile TaskCompletionSource _configurationChanged = NewSignal();
    private int _lastVersion = -1;

    /// <summary>Creates a tunnel without connections.</summary>
    /// <param name="credentials">Id, account and secret.</param>
    /// <param name="hostname">Public hostname.</param>
    /// <param name="isQuick">Whether it goes away when nobody uses it.</param>
    /// <param name="createdAt">When it was made, as the clock's timestamp.</param>
    public Tunnel(TunnelCredentials credentials, string hostname, bool isQuick, long createdAt)
    {
        ArgumentNullException.ThrowIfNull(credentials);
        Id = credentials.TunnelId;
        AccountTag = credentials.AccountTag;
        Hostname = hostname;
        IsQuick = isQuick;
        LastUsed = createdAt;
        _secret = credentials.Secret.ToArray();
    }

    /// <summary>The tunnel's UUID.</summary>
    public Guid Id { get; }

    /// <summary>Account that owns the tunnel.</summary>
    public string AccountTag { get; }

    /// <summary>Public hostname, without scheme and port.</summary>
    public string Hostname { get; }

    /// <summary>Whether the tunnel goes away some time after its last connection.</summary>
    public bool IsQuick { get; }

    /// <summary>When the last connection ended, or when the tunnel was made, as the clock's timestamp.</summary>
    public long LastUsed { get; private set; }

    /// <summary>The connections now, draining ones included.</summary>
    public IReadOnlyList<TunnelConnection> Connections => _connections;

    /// <summary>What connectors have to run; null when each has a configuration of its own.</summary>
    public TunnelConfiguration? Configuration => _configuration;

    /// <summary>Ends when <see cref="Configuration"/> has changed. Each change makes a new task.</summary>
    public Task ConfigurationChanged => _configurationChanged.Task;

    /// <summary>
    /// Gives the tunnel's connectors another configuration; it is sent to those that are connected, and to those that come.
    /// </summary>
    /// <param name="json">
    /// The configuration, the tunnel's from now on; it should have been checked. Nothing is sent that is no JSON.
    /// </param>
    /// <param name="written">When it was written, which makes its version; above that of every configuration before it.</param>
    /// <returns>The configuration with its version.</returns>
    /// <exception cref="JsonException">It is no JSON.</exception>
    public TunnelConfiguration Configure(ReadOnlyMemory<byte> json, DateTimeOffset written)
    {
        using (JsonDocument.Parse(json))
        {
        }

        lock (_lock)
        {
            _lastVersion = Math.Max(
                TunnelConfiguration.VersionAt(written), _lastVersion < int.MaxValue ? _lastVersion + 1 : _lastVersion);
            return Change(new TunnelConfiguration(_lastVersion, json))!;
        }
    }

    /// <summary>
    /// Leaves connectors that come to a configuration of their own. Those that run one of the edge go on with it.
    /// </summary>
    public void LeaveUnconfigured()
    {
        lock (_lock)
        {
            Change(null);
        }
    }

    /// <summary>
    /// Whether account and secret are those of the tunnel; takes the same time whatever is wrong with the secret.
    /// </summary>
    public bool Accepts(string accountTag, ReadOnlySpan<byte> secret) =>
        CryptographicOperations.FixedTimeEquals(secret, _secret) && AccountTag == accountTag;

    /// <summary>Adds a connection.</summary>
    /// <returns>
    /// The connection of the same connector and index that it replaces, if there is one: a connector that comes back has
    /// lost the old connection, whether or not the edge has noticed.
    /// </returns>
    public TunnelConnection? Add(TunnelConnection connection)
    {
        ArgumentNullException.ThrowIfNull(connection);
        lock (_lock)
        {
            var replaced = Array.Find(
                _connections, c => c.ConnectorId == connection.ConnectorId && c.Index == connection.Index);
            _connections = [.. _connections.Where(c => c != replaced), connection];
            return replaced;
        }
    }

    /// <summary>Removes a connection.</summary>
    /// <param name="connection">The connection.</param>
    /// <param name="now">The clock's timestamp.</param>
    public void Remove(TunnelConnection connection, long now)
    {
        lock (_lock)
        {
            _connections = [.. _connections.Where(c => c != connection)];
            LastUsed = now;
        }
    }

    /// <summary>The connection with the fewest open streams among those that take new ones; null when there is none.</summary>
    /// <param name="connector">The one connector whose connections count; null for all.</param>
    public TunnelConnection? Pick(Guid? connector = null)
    {
        TunnelConnection? best = null;
        foreach (var connection in _connections)
        {
            if (!connection.IsDraining && (connector is null || connection.ConnectorId == connector)
                && (best is null || connection.OpenStreams < best.OpenStreams))
            {
                best = connection;
            }
        }

        return best;
    }

    private TunnelConfiguration? Change(TunnelConfiguration? configuration)
    {
        _configuration = configuration;
        var changed = _configurationChanged;
        _configurationChanged = NewSignal();
        changed.SetResult();
        return configuration;
    }

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
