using System.Buffers;
using System.IO.Pipelines;
using System.Runtime.CompilerServices;
using Culvert.Transports.Headers;
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

    private readonly ChunkDecoder _chunks = new();
    private BodyEnd _end;
    private long _left;

    /// <summary>Prepares for a body.</summary>
    /// <param name="end">How it ends.</param>
    /// <param name="length">Its length in bytes, for <see cref="BodyEnd.Length"/>.</param>
    public void Start(BodyEnd end, long length)
    {
        (_end, _left) = (end, length);
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
        PipeReader input, PipeWriter output, HeaderList trailers, CancellationToken cancellationToken)
    {
        var unflushed = 0L;
        var headWaits = true;
        while (!IsDone)
        {
            var reading = input.ReadAsync(CancellationToken.None);
            if (!reading.IsCompleted && (unflushed > 0 || headWaits))
            {
                await FlushAsync(output, cancellationToken).ConfigureAwait(false);
                (unflushed, headWaits) = (0, false);
            }

            var read = await reading.ConfigureAwait(false);
            unflushed += Take(read.Buffer, output, trailers, out var consumed);
            input.AdvanceTo(consumed, IsDone ? consumed : read.Buffer.End);
            if (read.IsCompleted && !IsDone)
            {
                _end = _end == BodyEnd.Connection ? BodyEnd.Absent : throw new EndOfStreamException("unexpected EOF");
            }
            else if (unflushed >= FlushBytes && !IsDone)
            {
                await FlushAsync(output, cancellationToken).ConfigureAwait(false);
                (unflushed, headWaits) = (0, false);
            }
        }
    }

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

    private static async ValueTask FlushAsync(PipeWriter output, CancellationToken cancellationToken)
    {
        var result = await output.FlushAsync(cancellationToken).ConfigureAwait(false);
        if (result.IsCompleted || result.IsCanceled)
        {
            throw new OperationCanceledException("the edge reads no more");
        }
    }
}
