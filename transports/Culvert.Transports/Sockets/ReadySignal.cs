using System.Net.Sockets;
using System.Runtime.CompilerServices;
using System.Threading.Tasks.Sources;

namespace Culvert.Transports.Sockets;

/// <summary>
/// Tells when a connection has something to receive, by a receive of zero bytes. One that has begun stays when its waiter is
/// cancelled or an idle connection is used again, and tells the next one.
/// </summary>
/// <remarks>For one waiter at a time, except <see cref="StopListening"/>. A wait allocates nothing.</remarks>
internal sealed class ReadySignal : IValueTaskSource
{
    private readonly Lock _gate = new();
    private readonly Socket _socket;
    private readonly Stream? _tls;
    private readonly Action _onReceived;
    private ManualResetValueTaskSourceCore<bool> _source;
    private ConfiguredValueTaskAwaitable<int>.ConfiguredValueTaskAwaiter _receive;
    private CancellationTokenRegistration _registration;
    private Action? _listener;
    private Exception? _failure;
    private volatile bool _set;
    private bool _receiving;
    private bool _waiting;

    public ReadySignal(Socket socket, Stream? tls) => (_socket, _tls, _onReceived) = (socket, tls, OnReceived);

    public bool IsSet => _set;

    public void Set() => _set = true;

    /// <summary>Resets the signal.</summary>
    /// <returns>Whether it was set.</returns>
    /// <exception cref="IOException">The connection failed. The system tells a failure once, this every time.</exception>
    public bool TakeIfSet()
    {
        if (!_set)
        {
            return false;
        }

        if (_failure is not null)
        {
            throw SocketFailure.Of(_failure);
        }

        _set = false;
        return true;
    }

    /// <summary>Keeps a failure that a receive has met.</summary>
    public void Fail(Exception failure)
    {
        _failure ??= failure;
        _set = true;
    }

    public ValueTask WaitAsync(CancellationToken cancellationToken)
    {
        if (_set)
        {
            return ValueTask.CompletedTask;
        }

        Begin();
        short version;
        lock (_gate)
        {
            if (_set)
            {
                return ValueTask.CompletedTask;
            }

            _waiting = true;
            _source.Reset();
            version = _source.Version;
        }

        if (cancellationToken.CanBeCanceled)
        {
            _registration = cancellationToken.UnsafeRegister(static (self, token) => ((ReadySignal)self!).Cancel(token), this);
        }

        return new ValueTask(this, version);
    }

    public bool TryListen(Action told)
    {
        lock (_gate)
        {
            _listener = told;
        }

        while (true)
        {
            Begin();
            lock (_gate)
            {
                if (!_set)
                {
                    return true;
                }

                if (_failure is not null || !IsSilent())
                {
                    _listener = null;
                    return false;
                }

                // What it was set for was read meanwhile.
                _set = false;
            }
        }
    }

    public bool StopListening()
    {
        lock (_gate)
        {
            _listener = null;
            return !_set;
        }
    }

    void IValueTaskSource.GetResult(short token)
    {
        _registration.Dispose();
        _registration = default;
        _source.GetResult(token);
    }

    ValueTaskSourceStatus IValueTaskSource.GetStatus(short token) => _source.GetStatus(token);

    void IValueTaskSource.OnCompleted(
        Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _source.OnCompleted(continuation, state, token, flags);

    private void Begin()
    {
        lock (_gate)
        {
            if (_receiving || _set)
            {
                return;
            }

            _receiving = true;
        }

        try
        {
            var receive = _tls is null
                ? _socket.ReceiveAsync(Memory<byte>.Empty, SocketFlags.None, CancellationToken.None)
                : _tls.ReadAsync(Memory<byte>.Empty, CancellationToken.None);
            _receive = receive.ConfigureAwait(false).GetAwaiter();
        }
        catch (ObjectDisposedException e)
        {
            End(e);
            return;
        }

        if (_receive.IsCompleted)
        {
            OnReceived();
        }
        else
        {
            _receive.UnsafeOnCompleted(_onReceived);
        }
    }

    private void OnReceived()
    {
        try
        {
            _ = _receive.GetResult();
        }
        catch (Exception e) when (e is SocketException or IOException or OperationCanceledException or ObjectDisposedException)
        {
            End(e);
            return;
        }

        // Whether somebody listens is decided where the signal is set: a listener may come at any moment.
        if (TryEnd(null, evenIfListening: false))
        {
            return;
        }

        if (!IsSilent())
        {
            End(null);
            return;
        }

        lock (_gate)
        {
            _receiving = false;
        }

        Begin();
    }

    // The system may tell late of bytes that were received already, which a reader finds out by itself.
    private bool IsSilent()
    {
        if (_tls is not null)
        {
            return false;
        }

        try
        {
            Span<byte> any = stackalloc byte[1];
            return _socket.Receive(any, SocketFlags.Peek, out var error) <= 0 && error == SocketError.WouldBlock;
        }
        catch (ObjectDisposedException)
        {
            return false;
        }
    }

    private void End(Exception? failure) => _ = TryEnd(failure, evenIfListening: true);

    private bool TryEnd(Exception? failure, bool evenIfListening)
    {
        bool wake;
        Action? listener;
        lock (_gate)
        {
            if (_listener is not null && !evenIfListening)
            {
                return false;
            }

            _receiving = false;
            _failure = failure;
            _set = true;
            (listener, _listener) = (_listener, null);
            (wake, _waiting) = (_waiting, false);
        }

        if (wake)
        {
            // On the thread that has the bytes: a hop is saved, and a reader never blocks.
            _source.RunContinuationsAsynchronously = false;
            _source.SetResult(true);
        }

        listener?.Invoke();
        return true;
    }

    private void Cancel(CancellationToken token)
    {
        lock (_gate)
        {
            if (!_waiting)
            {
                return;
            }

            _waiting = false;
        }

        _source.RunContinuationsAsynchronously = true;
        _source.SetException(new OperationCanceledException(token));
    }
}
