using Culvert.Ingress.OriginRequests;

namespace Culvert.Engine.Origins.Http.Connections;

/// <summary>
/// The idle connections of one origin, the latest used first. Thread-safe. Connections that are
/// in use belong to their users.
/// </summary>
internal sealed class ConnectionPool : IDisposable
{
    /// <summary>Kept when the settings name no number, as the original's library does.</summary>
    private const int DefaultMaxIdle = 2;

    private readonly Lock _lock = new();
    private readonly List<OriginConnection> _idle = [];
    private readonly OriginRequest _settings;
    private readonly TimeProvider _time;
    private readonly int _maxIdle;
    private readonly ITimer _timer;

    private bool _armed;
    private bool _disposed;

    /// <summary>Creates an empty pool.</summary>
    public ConnectionPool(OriginRequest settings, TimeProvider time)
    {
        _settings = settings;
        _time = time;
        _maxIdle = settings.KeepAliveConnections == 0 ? DefaultMaxIdle : Math.Max(settings.KeepAliveConnections, 0);
        _timer = time.CreateTimer(
            static pool => ((ConnectionPool)pool!).CloseExpired(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Number of idle connections.</summary>
    public int Count
    {
        get
        {
            lock (_lock)
            {
                return _idle.Count;
            }
        }
    }

    /// <summary>Takes the latest used connection that was opened for a TLS name, or null.</summary>
    public OriginConnection? Rent(ReadOnlySpan<byte> name)
    {
        while (true)
        {
            OriginConnection? connection;
            lock (_lock)
            {
                var index = _idle.Count - 1;
                while (index >= 0 && !name.SequenceEqual(_idle[index].ServerName))
                {
                    index--;
                }

                if (index < 0)
                {
                    return null;
                }

                connection = _idle[index];
                _idle.RemoveAt(index);
            }

            if (connection.TryWake() && !IsExpired(connection))
            {
                return connection;
            }

            Close(connection);
        }
    }

    /// <summary>Gives a connection back whose exchange is complete. One too many, or a closed one, is closed.</summary>
    public void Return(OriginConnection connection)
    {
        connection.IdleSince = _time.GetTimestamp();
        lock (_lock)
        {
            if (!_disposed && _idle.Count < _maxIdle && connection.TryRest(this))
            {
                _idle.Add(connection);
                Arm();
                return;
            }
        }

        Close(connection);
    }

    /// <summary>Closes a connection that its origin has closed, or broke the silence on, while it was idle.</summary>
    public void Forget(OriginConnection connection)
    {
        bool idle;
        lock (_lock)
        {
            idle = _idle.Remove(connection);
        }

        if (idle)
        {
            Close(connection);
        }
    }

    /// <summary>Closes the idle connections. Those in use are closed when they come back.</summary>
    public void Dispose()
    {
        OriginConnection[] idle;
        lock (_lock)
        {
            if (_disposed)
            {
                return;
            }

            _disposed = true;
            idle = [.. _idle];
            _idle.Clear();
            _timer.Dispose();
        }

        Array.ForEach(idle, Close);
    }

    private static void Close(OriginConnection connection) => connection.Dispose();

    private void CloseExpired()
    {
        OriginConnection[] expired;
        lock (_lock)
        {
            // The least recently used come first.
            var count = _idle.FindIndex(connection => !IsExpired(connection));
            count = count < 0 ? _idle.Count : count;
            expired = [.. _idle.Take(count)];
            _idle.RemoveRange(0, count);
            _armed = false;
            Arm();
        }

        Array.ForEach(expired, Close);
    }

    private bool IsExpired(OriginConnection connection) =>
        _settings.KeepAliveTimeout > TimeSpan.Zero
        && _time.GetElapsedTime(connection.IdleSince) >= _settings.KeepAliveTimeout;

    // One timer for all, set again only when it has fired: keeping a connection costs no timer.
    private void Arm()
    {
        if (!_armed && !_disposed && _idle.Count > 0 && _settings.KeepAliveTimeout > TimeSpan.Zero)
        {
            _armed = true;
            var left = _settings.KeepAliveTimeout - _time.GetElapsedTime(_idle[0].IdleSince);
            _timer.Change(left > TimeSpan.Zero ? left : TimeSpan.Zero, Timeout.InfiniteTimeSpan);
        }
    }
}
