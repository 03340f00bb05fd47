using System.Buffers;
using System.IO.Pipelines;
using System.Net.Sockets;
using System.Runtime.CompilerServices;
using Culvert.Transports.AsyncMethods;

namespace Culvert.Transports.Sockets;

/// <summary>
/// What the peer of a connection sends, as a pipe, or received straight into the reader's own memory. A wait holds no buffer.
/// </summary>
/// <remarks>
/// For one reader at a time. Failures of the connection are <see cref="IOException"/>. A pipe's read never waits for more
/// than there is; what is read and not consumed is kept in one piece, which grows as long as the reader asks for more: the
/// reader limits it.
/// </remarks>
/// <param name="socket">Connected, and not blocking when there is no TLS; the connection's.</param>
/// <param name="tls">TLS over it, or null.</param>
public sealed class SocketInput(Socket socket, Stream? tls) : PipeReader
{
    private const int LeastBuffer = 16 * 1024;
    private const int MostBuffer = 64 * 1024;

    private readonly ReadySignal _signal = new(socket, tls);
    private byte[]? _buffer;
    private int _size = LeastBuffer;
    private int _start;
    private int _end;
    private bool _examined = true;
    private bool _ended;

    /// <summary>Bytes of the pipe that are not consumed.</summary>
    public int Buffered => _end - _start;

    /// <summary>Whether <see cref="ReceiveAsync(Memory{byte})"/> may have something; else <see cref="WaitAsync"/> comes
    /// first.</summary>
    public bool IsReady => _ended || _signal.IsSet;

    /// <summary>Waits until there is something to receive, or the end, or a failure, without a buffer.</summary>
    /// <exception cref="OperationCanceledException">Cancelled; the connection is as it was.</exception>
    public ValueTask WaitAsync(CancellationToken cancellationToken) =>
        _ended ? ValueTask.CompletedTask : _signal.WaitAsync(cancellationToken);

    /// <summary>Receives into the caller's memory, past the pipe, in which nothing may be buffered.</summary>
    /// <param name="memory">At least one byte.</param>
    /// <returns>The number of bytes; 0 at the end; -1 when nothing has come, where <see cref="WaitAsync"/> helps.</returns>
    /// <exception cref="IOException">The connection failed.</exception>
    public ValueTask<int> ReceiveAsync(Memory<byte> memory)
    {
        if (_ended)
        {
            return new(0);
        }

        if (!_signal.TakeIfSet())
        {
            return new(-1);
        }

        return tls is null ? new(Receive(memory.Span)) : ReceiveAsync(tls, memory);
    }

    /// <summary>
    /// Begins to listen while nobody reads, until <see cref="StopListening"/>.
    /// </summary>
    /// <param name="told">Called once, from any thread, when the peer has closed or has sent something.</param>
    /// <returns>False when that is so already.</returns>
    public bool TryListen(Action told)
    {
        if (Buffered > 0 || _ended)
        {
            return false;
        }

        _ = _signal.TakeIfSet();
        return _signal.TryListen(told);
    }

    /// <summary>Ends listening.</summary>
    /// <returns>False when the peer has closed or has sent something.</returns>
    public bool StopListening() => _signal.StopListening();

    /// <inheritdoc/>
    public override bool TryRead(out ReadResult result)
    {
        if (!_examined || _ended)
        {
            result = Current();
            return true;
        }

        result = default;
        return tls is null && _signal.TakeIfSet() && TryFill(Receive(Room().Span), out result);
    }

    /// <inheritdoc/>
    public override ValueTask<ReadResult> ReadAsync(CancellationToken cancellationToken = default) =>
        TryRead(out var result) ? new(result) : WaitAndReadAsync(cancellationToken);

    /// <inheritdoc/>
    public override void AdvanceTo(SequencePosition consumed) => AdvanceTo(consumed, consumed);

    /// <inheritdoc/>
    public override void AdvanceTo(SequencePosition consumed, SequencePosition examined)
    {
        _start = IndexOf(consumed);
        _examined = IndexOf(examined) == _end;
        ReleaseIfEmpty();
    }

    /// <summary>Not supported: reads are cancelled by their tokens.</summary>
    public override void CancelPendingRead() => throw new NotSupportedException();

    /// <inheritdoc/>
    public override void Complete(Exception? exception = null)
    {
        _start = _end;
        ReleaseIfEmpty();
    }

    [AsyncMethodBuilder(typeof(PooledMethodBuilder<>))]
    private async ValueTask<ReadResult> WaitAndReadAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            await WaitAsync(cancellationToken).ConfigureAwait(false);
            if (TryRead(out var result)
                || (tls is not null && TryFill(await ReceiveAsync(tls, Room()).ConfigureAwait(false), out result)))
            {
                return result;
            }
        }
    }

    // Positive when bytes were received, -1 when none were there.
    private int Receive(Span<byte> span)
    {
        try
        {
            var count = socket.Receive(span, SocketFlags.None, out var error);
            switch (error)
            {
                case SocketError.WouldBlock:
                    return -1;
                case SocketError.Success:
                    Received(count, span.Length);
                    return count;
                default:
                    throw new SocketException((int)error);
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            ReleaseIfEmpty();
            _signal.Fail(e);
            throw SocketFailure.Of(e);
        }
    }

    [AsyncMethodBuilder(typeof(PooledMethodBuilder<>))]
    private async ValueTask<int> ReceiveAsync(Stream stream, Memory<byte> memory)
    {
        _ = _signal.TakeIfSet();
        try
        {
            var count = await stream.ReadAsync(memory, CancellationToken.None).ConfigureAwait(false);
            Received(count, memory.Length);
            return count;
        }
        catch (Exception e) when (e is IOException or SocketException or ObjectDisposedException)
        {
            ReleaseIfEmpty();
            _signal.Fail(e);
            throw SocketFailure.Of(e);
        }
    }

    private void Received(int count, int room)
    {
        _ended = count == 0;
        if (count == room)
        {
            // There is likely more: the next receive finds out without a wait.
            _signal.Set();
        }
    }

    private bool TryFill(int count, out ReadResult result)
    {
        if (count < 0)
        {
            ReleaseIfEmpty();
            result = default;
            return false;
        }

        _end += count;
        _examined = count == 0;
        if (_buffer is not null)
        {
            _size = _end == _buffer.Length ? Math.Min(_size * 2, MostBuffer) : _end < _size / 4 ? LeastBuffer : _size;
        }

        ReleaseIfEmpty();
        result = Current();
        return true;
    }

    private ReadResult Current() => new(
        _buffer is null ? ReadOnlySequence<byte>.Empty : new ReadOnlySequence<byte>(_buffer, _start, Buffered),
        isCanceled: false,
        isCompleted: _ended);

    private Memory<byte> Room()
    {
        if (_buffer is null)
        {
            _buffer = ArrayPool<byte>.Shared.Rent(_size);
            _start = _end = 0;
        }
        else if (_end == _buffer.Length)
        {
            var larger = Buffered > _end / 2 ? ArrayPool<byte>.Shared.Rent(_buffer.Length * 2) : _buffer;
            Buffer.BlockCopy(_buffer, _start, larger, 0, Buffered);
            if (larger != _buffer)
            {
                ArrayPool<byte>.Shared.Return(_buffer);
                _buffer = larger;
            }

            (_start, _end) = (0, Buffered);
        }

        return _buffer.AsMemory(_end);
    }

    private int IndexOf(SequencePosition position) =>
        _buffer is not null && position.GetObject() == _buffer ? position.GetInteger() : _start;

    private void ReleaseIfEmpty()
    {
        if (_start == _end && _buffer is not null)
        {
            ArrayPool<byte>.Shared.Return(_buffer);
            _buffer = null;
            _start = _end = 0;
            _examined = true;
        }
    }
}
