namespace Culvert.Engine.Origins.Http.Connections;

/// <summary>
/// The idle connections of one origin, the latest used first. Thread-safe. Connections that are in use belong to their users.
/// </summary>
internal sealed class ConnectionPool : IDisposable
{
    private readonly Lock _lock = new();
    private readonly List<OriginConnection> _idle = [];
    private readonly HttpOriginSettings _settings;
    private readonly ITimer _timer;
    private bool _armed;
    private bool _disposed;

    /// <summary>Creates an empty pool.</summary>
    public ConnectionPool(HttpOriginSettings settings)
    {
        _settings = settings;
        _timer = settings.Time.CreateTimer(
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

    /// <summary>
    /// Takes over a new connection that is in use: when the origin closes it while it is idle, the pool forgets it.
    /// </summary>
    public void Watch(OriginConnection connection) => connection.Closed.UnsafeRegister(
        static (state, _) =>
        {
            var (pool, connection) = ((ConnectionPool, OriginConnection))state!;
            pool.Forget(connection);
        },
        (this, connection));

    /// <summary>Takes the latest used connection, or null.</summary>
    public OriginConnection? Rent()
    {
        while (true)
        {
            OriginConnection? connection;
            lock (_lock)
            {
                if (_idle.Count == 0)
                {
                    return null;
                }

                connection = _idle[^1];
                _idle.RemoveAt(_idle.Count - 1);
            }

            if (!IsExpired(connection) && connection.IsQuiet())
            {
                return connection;
            }

            Close(connection);
        }
    }

    /// <summary>Gives a connection back whose exchange is complete. One too many, or a closed one, is closed.</summary>
    public void Return(OriginConnection connection)
    {
        connection.IdleSince = _settings.Time.GetTimestamp();
        lock (_lock)
        {
            if (!_disposed && _idle.Count < _settings.MaxIdle && !connection.Closed.IsCancellationRequested)
            {
                _idle.Add(connection);
                Arm();
                return;
            }
        }

        Close(connection);
    }

    /// <summary>Closes the idle connections. Those in use are closed when they come back.</summary>
    public void Dispose()
    {
        OriginConnection[] idle;
        lock (_lock)
        {
            _disposed = true;
            idle = [.. _idle];
            _idle.Clear();
            _timer.Dispose();
        }

        Array.ForEach(idle, Close);
    }

    // It never throws, and nobody has to wait for it.
    private static void Close(OriginConnection connection) => _ = connection.CloseAsync();

    private void Forget(OriginConnection connection)
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
        _settings.Time.GetElapsedTime(connection.IdleSince) >= _settings.IdleTimeout;

    // One timer for all, set again only when it has fired: keeping a connection costs no timer.
    private void Arm()
    {
        if (!_armed && !_disposed && _idle.Count > 0)
        {
            _armed = true;
            var left = _settings.IdleTimeout - _settings.Time.GetElapsedTime(_idle[0].IdleSince);
            _timer.Change(left > TimeSpan.Zero ? left : TimeSpan.Zero, Timeout.InfiniteTimeSpan);
        }
    }
}
