using System.Buffers;
using System.IO.Pipelines;
using System.Net.Sockets;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Culvert.Transports.AsyncMethods;

namespace Culvert.Transports.Sockets;

/// <summary>
/// What the peer of a connection is sent: small things through a buffer, which a flush sends, and large ones straight from the
/// caller's memory. Empty, it holds no buffer.
/// </summary>
/// <remarks>For one writer at a time. Failures of the connection are <see cref="IOException"/>. Nothing is allocated in the
/// steady state.</remarks>
/// <param name="socket">Connected, and not blocking when there is no TLS; the connection's.</param>
/// <param name="tls">TLS over it, or null.</param>
public sealed class SocketOutput(Socket socket, Stream? tls) : PipeWriter
{
    private const int LeastBuffer = 4096;
    private const int MostBuffer = 128 * 1024;

    /// <summary>Up to so many bytes are copied, which costs less than another piece of a send.</summary>
    private const int LargestCopied = 1024;

    /// <summary>Pieces of one send; with more of them the platform allocates.</summary>
    private const int MostPieces = 8;

    private byte[]? _buffer;
    private int _size = LeastBuffer;
    private int _used;
    private List<ArraySegment<byte>>? _pieces;

    /// <inheritdoc/>
    public override bool CanGetUnflushedBytes => true;

    /// <inheritdoc/>
    public override long UnflushedBytes => _used;

    /// <inheritdoc/>
    public override Memory<byte> GetMemory(int sizeHint = 0)
    {
        var least = Math.Max(sizeHint, 1);
        if (_buffer is null)
        {
            _buffer = ArrayPool<byte>.Shared.Rent(Math.Max(least, _size));
        }
        else if (_buffer.Length - _used < least)
        {
            var larger = ArrayPool<byte>.Shared.Rent(Math.Max(_buffer.Length * 2, _used + least));
            Buffer.BlockCopy(_buffer, 0, larger, 0, _used);
            ArrayPool<byte>.Shared.Return(_buffer);
            _buffer = larger;
        }

        return _buffer.AsMemory(_used);
    }

    /// <inheritdoc/>
    public override Span<byte> GetSpan(int sizeHint = 0) => GetMemory(sizeHint).Span;

    /// <inheritdoc/>
    public override void Advance(int bytes)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(bytes);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(bytes, (_buffer?.Length ?? 0) - _used);
        _used += bytes;
    }

    /// <inheritdoc/>
    public override ValueTask<FlushResult> FlushAsync(CancellationToken cancellationToken = default)
    {
        if (_used == 0)
        {
            Release();
            return default;
        }

        // What this buffer grew to, the next one begins with.
        _size = Math.Clamp(_used > _size ? _buffer!.Length : _used < _size / 4 ? _size / 2 : _size, LeastBuffer, MostBuffer);
        var bytes = _buffer.AsMemory(0, _used);
        var sent = tls is null ? TrySend(bytes.Span) : 0;
        if (sent < _used)
        {
            return FlushAsync(bytes[sent..], cancellationToken);
        }

        Release();
        return default;
    }

    /// <summary>Sends what was written, then bytes of the caller, then more of them, in as few calls as possible.</summary>
    /// <param name="body">Borrowed until the task ends.</param>
    /// <param name="tail">An array or empty; borrowed as well.</param>
    /// <param name="cancellationToken">Gives up; the connection is of no use then.</param>
    /// <exception cref="IOException">The connection failed.</exception>
    [AsyncMethodBuilder(typeof(PooledMethodBuilder))]
    public async ValueTask SendAsync(ReadOnlySequence<byte> body, ReadOnlyMemory<byte> tail, CancellationToken cancellationToken)
    {
        if (body.Length <= LargestCopied)
        {
            Write(body, tail);
            await FlushAsync(cancellationToken).ConfigureAwait(false);
            return;
        }

        if (tls is not null)
        {
            await SendAsync(tls, body, tail, cancellationToken).ConfigureAwait(false);
            return;
        }

        _pieces ??= new List<ArraySegment<byte>>(MostPieces);
        _pieces.Clear();
        try
        {
            if (_used > 0)
            {
                _pieces.Add(new ArraySegment<byte>(_buffer!, 0, _used));
            }

            foreach (var memory in body)
            {
                if (!memory.IsEmpty)
                {
                    Add(memory);
                    await SendPiecesAsync(MostPieces, cancellationToken).ConfigureAwait(false);
                }
            }

            if (!tail.IsEmpty)
            {
                Add(tail);
            }

            await SendPiecesAsync(1, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            _pieces.Clear();
            Release();
        }
    }

    /// <summary>Not supported: flushes are cancelled by their tokens.</summary>
    public override void CancelPendingFlush() => throw new NotSupportedException();

    /// <summary>Discards what was not flushed.</summary>
    public override void Complete(Exception? exception = null) => Release();

    private void Write(in ReadOnlySequence<byte> body, ReadOnlyMemory<byte> tail)
    {
        foreach (var memory in body)
        {
            this.Write(memory.Span);
        }

        this.Write(tail.Span);
    }

    private async ValueTask SendAsync(
        Stream stream, ReadOnlySequence<byte> body, ReadOnlyMemory<byte> tail, CancellationToken cancellationToken)
    {
        await FlushAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            foreach (var memory in body)
            {
                await stream.WriteAsync(memory, cancellationToken).ConfigureAwait(false);
            }

            await stream.FlushAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            throw SocketFailure.Of(e);
        }

        if (!tail.IsEmpty)
        {
            this.Write(tail.Span);
            await FlushAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    [AsyncMethodBuilder(typeof(PooledMethodBuilder<>))]
    private async ValueTask<FlushResult> FlushAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        try
        {
            if (tls is not null)
            {
                await tls.WriteAsync(bytes, cancellationToken).ConfigureAwait(false);
                await tls.FlushAsync(cancellationToken).ConfigureAwait(false);
            }
            else
            {
                await SendAllAsync(bytes, cancellationToken).ConfigureAwait(false);
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            throw SocketFailure.Of(e);
        }
        finally
        {
            Release();
        }

        return default;
    }

    [AsyncMethodBuilder(typeof(PooledMethodBuilder))]
    private async ValueTask SendAllAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        while (!bytes.IsEmpty)
        {
            bytes = bytes[await socket.SendAsync(bytes, SocketFlags.None, cancellationToken).ConfigureAwait(false)..];
        }
    }

    private void Add(ReadOnlyMemory<byte> memory) => _pieces!.Add(
        MemoryMarshal.TryGetArray(memory, out var segment) ? segment : new ArraySegment<byte>(memory.ToArray()));

    // Sends until there are fewer pieces than so many.
    [AsyncMethodBuilder(typeof(PooledMethodBuilder))]
    private async ValueTask SendPiecesAsync(int most, CancellationToken cancellationToken)
    {
        while (_pieces!.Count >= most)
        {
            if (TrySendPieces())
            {
                continue;
            }

            try
            {
                await SendAllAsync(_pieces[0], cancellationToken).ConfigureAwait(false);
                _pieces.RemoveAt(0);
            }
            catch (Exception e) when (e is SocketException or ObjectDisposedException)
            {
                throw SocketFailure.Of(e);
            }
        }
    }

    // False when the system takes no more now.
    private bool TrySendPieces()
    {
        try
        {
            var sent = socket.Send(_pieces!, SocketFlags.None, out var error);
            Drop(sent);
            return error switch
            {
                SocketError.Success => true,
                SocketError.WouldBlock => false,
                _ => throw new SocketException((int)error),
            };
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            throw SocketFailure.Of(e);
        }
    }

    private void Drop(int sent)
    {
        var whole = 0;
        while (whole < _pieces!.Count && sent >= _pieces[whole].Count)
        {
            sent -= _pieces[whole++].Count;
        }

        _pieces.RemoveRange(0, whole);
        if (sent > 0)
        {
            _pieces[0] = _pieces[0].Slice(sent);
        }
    }

    private int TrySend(ReadOnlySpan<byte> bytes)
    {
        try
        {
            var sent = socket.Send(bytes, SocketFlags.None, out var error);
            return error is SocketError.Success or SocketError.WouldBlock ? sent : throw new SocketException((int)error);
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            Release();
            throw SocketFailure.Of(e);
        }
    }

    private void Release()
    {
        if (_buffer is not null)
        {
            ArrayPool<byte>.Shared.Return(_buffer);
            _buffer = null;
        }

        _used = 0;
    }
}
