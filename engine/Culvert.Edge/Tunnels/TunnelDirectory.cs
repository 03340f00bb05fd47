using System.Collections.Concurrent;

namespace Culvert.Edge.Tunnels;

/// <summary>The tunnels this node knows, by id and by hostname. Thread-safe.</summary>
public sealed class TunnelDirectory
{
    private readonly ConcurrentDictionary<Guid, Tunnel> _byId = new();
    private readonly ConcurrentDictionary<string, Tunnel> _byHostname = new(StringComparer.OrdinalIgnoreCase);
    private int _quickTunnels;

    /// <summary>How many tunnels are quick ones.</summary>
    public int QuickTunnels => Volatile.Read(ref _quickTunnels);

    /// <summary>How many tunnels there are.</summary>
    public int Count => _byId.Count;

    /// <summary>Every tunnel; those that come or go meanwhile may be missing or not.</summary>
    public IEnumerable<Tunnel> All => _byId.Select(tunnel => tunnel.Value);

    /// <summary>Adds a tunnel unless its hostname or id is taken.</summary>
    public bool TryAdd(Tunnel tunnel)
    {
        ArgumentNullException.ThrowIfNull(tunnel);
        if (!_byHostname.TryAdd(tunnel.Hostname, tunnel))
        {
            return false;
        }

        if (!_byId.TryAdd(tunnel.Id, tunnel))
        {
            _byHostname.TryRemove(KeyValuePair.Create(tunnel.Hostname, tunnel));
            return false;
        }

        if (tunnel.IsQuick)
        {
            Interlocked.Increment(ref _quickTunnels);
        }

        return true;
    }

    /// <summary>Finds a tunnel by its UUID.</summary>
    public Tunnel? Find(Guid id) => _byId.GetValueOrDefault(id);

    /// <summary>Finds a tunnel by a hostname without port, in any case.</summary>
    public Tunnel? Find(ReadOnlySpan<char> hostname) =>
        _byHostname.GetAlternateLookup<ReadOnlySpan<char>>().TryGetValue(hostname, out var tunnel) ? tunnel : null;

    /// <summary>Forgets quick tunnels without a connection that were last used some time ago.</summary>
    /// <param name="linger">How long they stay after their last use.</param>
    /// <param name="time">The clock that <see cref="Tunnel.LastUsed"/> is of.</param>
    public void RemoveUnused(TimeSpan linger, TimeProvider time)
    {
        ArgumentNullException.ThrowIfNull(time);
        foreach (var (id, tunnel) in _byId)
        {
            if (tunnel.IsQuick && tunnel.Connections.Count == 0 && time.GetElapsedTime(tunnel.LastUsed) > linger
                && _byId.TryRemove(id, out _))
            {
                _byHostname.TryRemove(KeyValuePair.Create(tunnel.Hostname, tunnel));
                Interlocked.Decrement(ref _quickTunnels);
            }
        }
    }
}
