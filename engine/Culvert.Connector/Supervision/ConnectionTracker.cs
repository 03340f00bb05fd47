using System.Net;

namespace Culvert.Connector.Supervision;

/// <summary>
/// What each connection is doing now, for readiness, diagnostics and the level of log lines (supervisor-and-operations, section
/// 2.8). Thread-safe.
/// </summary>
public sealed class ConnectionTracker
{
    private readonly Lock _lock = new();
    private readonly SortedDictionary<byte, TrackedConnection> _connections = [];

    /// <summary>Connections that are registered and not about to stop.</summary>
    public int Ready
    {
        get
        {
            lock (_lock)
            {
                return _connections.Values.Count(connection => connection.IsReady);
            }
        }
    }

    /// <summary>Every connection that was ever begun, by number.</summary>
    public IReadOnlyList<TrackedConnection> Connections
    {
        get
        {
            lock (_lock)
            {
                return [.. _connections.Values];
            }
        }
    }

    /// <summary>Whether a connection over a transport is registered now.</summary>
    public bool IsReadyOver(string protocol)
    {
        lock (_lock)
        {
            return _connections.Values.Any(connection => connection.IsReady && connection.Protocol == protocol);
        }
    }

    /// <summary>Notes where a connection is dialled.</summary>
    internal void Dialling(byte index, string protocol, IPEndPoint edge)
    {
        lock (_lock)
        {
            _connections[index] = Of(index) with { Protocol = protocol, Edge = edge };
        }
    }

    /// <summary>Notes a change of state.</summary>
    internal void Changed(ConnectionChange change)
    {
        lock (_lock)
        {
            _connections[change.Index] = Of(change.Index) with { State = change.To };
        }
    }

    private TrackedConnection Of(byte index) =>
        _connections.TryGetValue(index, out var known) ? known : new TrackedConnection(index, ConnectionState.Idle, null, null);
}

/// <summary>What is known of one connection.</summary>
/// <param name="Index">Its number.</param>
/// <param name="State">What it is doing.</param>
/// <param name="Protocol"><c>quic</c> or <c>http2</c>, of the latest attempt; null before.</param>
/// <param name="Edge">The edge node of the latest attempt; null before.</param>
public sealed record TrackedConnection(byte Index, ConnectionState State, string? Protocol, IPEndPoint? Edge)
{
    /// <summary>Whether it takes requests.</summary>
    public bool IsReady => State == ConnectionState.Serving;
}
