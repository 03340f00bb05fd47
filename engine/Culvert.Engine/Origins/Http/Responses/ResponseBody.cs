using System.Buffers;
using System.IO.Pipelines;
using System.Runtime.CompilerServices;
using Culvert.Transports.Headers;
using Culvert.Transports.Sockets;
using Culvert.Transports.Streams;

namespace Culvert.Engine.Origins.Http.Responses;

/// <summary>
/// Copies a response body to the tunnel. What the origin sent is flushed whenever the origin pauses, whatever its content
/// type, so the first event of a stream leaves at once and a bulk download leaves in large writes.
/// </summary>
/// <remarks>
/// Not thread-safe; <see cref="Start"/> makes it ready for the next body. What is left when the body ends leaves with the
/// stream's end.
/// </remarks>
internal sealed class ResponseBody
{
    /// <summary>Bytes collected before a flush while the origin keeps sending.</summary>
    private const int FlushBytes = 64 * 1024;

    /// <summary>Rest of a chunk, in bytes, from which on it is received without the way through the reader's buffer.</summary>
    private const int LongChunk = 8 * 1024;

    /// <summary>Room asked for; every writer has as much.</summary>
    private const int LeastRoom = 2048;

    /// <summary>Room asked for while the origin fills it each time.</summary>
    private const int FlowingRoom = 16 * 1024;

    private readonly ChunkDecoder _chunks = new();
    private long _unflushed;
    private bool _mustFlush;
    private bool _flows;
    private BodyEnd _end;
    private long _left;

    /// <summary>Prepares for a body.</summary>
    /// <param name="end">How it ends.</param>
    /// <param name="length">Its length in bytes, for <see cref="BodyEnd.Length"/>.</param>
    public void Start(BodyEnd end, long length)
    {
        (_end, _left, _flows) = (end, length, false);
        _chunks.Reset();
    }

    /// <summary>Copies the body to its end. Neither side is completed.</summary>
    /// <param name="input">The origin; positioned at the body, left behind it.</param>
    /// <param name="output">The tunnel, where a head may wait for the first flush.</param>
    /// <param name="trailers">Receives trailer fields; owned by the caller.</param>
    /// <param name="cancellationToken">Ends a wait for the tunnel.</param>
    /// <exception cref="EndOfStreamException">The origin ended before the body did.</exception>
    /// <exception cref="ResponseFormatException">The body's coding is broken.</exception>
    /// <exception cref="OperationCanceledException">Cancelled, or the edge reads no more.</exception>
    [AsyncMethodBuilder(typeof(PooledMethodBuilder))]
    public async ValueTask CopyAsync(
        SocketInput input, PipeWriter output, HeaderList trailers, CancellationToken cancellationToken)
    {
        (_unflushed, _mustFlush) = (0, true);
        while (!IsDone)
        {
            var went = input.Buffered == 0 && DirectBytes > 0
                ? await ReceiveAsync(input, output, cancellationToken).ConfigureAwait(false)
                : await CopyReadAsync(input, output, trailers, cancellationToken).ConfigureAwait(false);
            if (!went && !IsDone)
            {
                _end = _end == BodyEnd.Connection ? BodyEnd.Absent : throw new EndOfStreamException("unexpected EOF");
            }
            else if (_unflushed >= FlushBytes && !IsDone)
            {
                await FlushAsync(output, cancellationToken).ConfigureAwait(false);
            }
        }
    }

    // From the origin straight into the tunnel's memory. False at the origin's end.
    [AsyncMethodBuilder(typeof(PooledMethodBuilder<>))]
    private async ValueTask<bool> ReceiveAsync(SocketInput input, PipeWriter output, CancellationToken cancellationToken)
    {
        while (true)
        {
            if (!input.IsReady)
            {
                await PauseAsync(input, output, cancellationToken).ConfigureAwait(false);
            }

            // Memory is not asked for before there is something to put into it, and not kept over a flush.
            var memory = output.GetMemory(_flows ? FlowingRoom : LeastRoom);
            memory = memory[..(int)Math.Min(memory.Length, DirectBytes)];
            var count = await input.ReceiveAsync(memory).ConfigureAwait(false);
            _flows = count == memory.Length;
            if (count < 0)
            {
                _mustFlush = true;
                continue;
            }

            output.Advance(count);
            _unflushed += count;
            if (_end == BodyEnd.Chunks)
            {
                _chunks.Skip(count);
            }
            else
            {
                _left -= count;
            }

            return count > 0;
        }
    }

    // False at the origin's end.
    [AsyncMethodBuilder(typeof(PooledMethodBuilder<>))]
    private async ValueTask<bool> CopyReadAsync(
        SocketInput input, PipeWriter output, HeaderList trailers, CancellationToken cancellationToken)
    {
        if (!input.TryRead(out var read))
        {
            await PauseAsync(input, output, cancellationToken).ConfigureAwait(false);
            read = await input.ReadAsync(CancellationToken.None).ConfigureAwait(false);
        }

        _unflushed += Take(read.Buffer, output, trailers, out var consumed);
        input.AdvanceTo(consumed, IsDone ? consumed : read.Buffer.End);
        return !read.IsCompleted;
    }

    // Waits for the origin, and sends what came before if that takes a while. A wait that is given up holds nothing.
    [AsyncMethodBuilder(typeof(PooledMethodBuilder))]
    private async ValueTask PauseAsync(SocketInput input, PipeWriter output, CancellationToken cancellationToken)
    {
        var waiting = input.WaitAsync(CancellationToken.None);
        if (!waiting.IsCompleted && (_unflushed > 0 || _mustFlush))
        {
            await FlushAsync(output, cancellationToken).ConfigureAwait(false);
        }

        await waiting.ConfigureAwait(false);
    }

    // What may be received without a look at it; short chunks are read many at a time instead.
    private long DirectBytes => _end switch
    {
        BodyEnd.Length => _left,
        BodyEnd.Connection => int.MaxValue,
        BodyEnd.Chunks when _chunks.DataLeft >= LongChunk => _chunks.DataLeft,
        _ => 0,
    };

    private bool IsDone => _end switch
    {
        BodyEnd.Length => _left == 0,
        BodyEnd.Chunks => _chunks.IsDone,
        BodyEnd.Connection => false,
        _ => true,
    };

    private long Take(in ReadOnlySequence<byte> bytes, PipeWriter output, HeaderList trailers, out SequencePosition consumed)
    {
        var written = 0L;
        if (_end == BodyEnd.Chunks)
        {
            var reader = new SequenceReader<byte>(bytes);
            while (_chunks.TryRead(ref reader, trailers, out var data))
            {
                PipeCopy.Write(output, data);
                written += data.Length;
            }

            consumed = reader.Position;
            return written;
        }

        written = _end == BodyEnd.Length ? Math.Min(_left, bytes.Length) : bytes.Length;
        var part = bytes.Slice(0, written);
        foreach (var segment in part)
        {
            PipeCopy.Write(output, segment.Span);
        }

        _left -= written;
        consumed = part.End;
        return written;
    }

    [AsyncMethodBuilder(typeof(PooledMethodBuilder))]
    private async ValueTask FlushAsync(PipeWriter output, CancellationToken cancellationToken)
    {
        (_unflushed, _mustFlush) = (0, false);
        var result = await output.FlushAsync(cancellationToken).ConfigureAwait(false);
        if (result.IsCompleted || result.IsCanceled)
        {
            throw new OperationCanceledException("the edge reads no more");
        }
    }
}
