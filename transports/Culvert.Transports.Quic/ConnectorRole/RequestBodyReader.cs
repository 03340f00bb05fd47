using System.Buffers;
using System.IO.Pipelines;
using System.Runtime.CompilerServices;
using Culvert.Transports.AsyncMethods;

namespace Culvert.Transports.Quic.ConnectorRole;

/// <summary>
/// The part of a stream that is the request's body: as many bytes as announced, or all until FIN (quic-and-rpc, section 2.7).
/// A stream that ends early fails the read: what was cut must not look complete.
/// </summary>
internal sealed class RequestBodyReader : PipeReader
{
    private PipeReader _stream = null!;
    private ReadOnlySequence<byte> _given;
    private long _left;

    /// <summary>Starts on a stream.</summary>
    /// <param name="stream">Positioned at the body.</param>
    /// <param name="length">Bytes of the body, zero for none, null for all until FIN.</param>
    /// <returns>The reader to use, which is the stream itself when there is nothing to watch.</returns>
    public PipeReader Attach(PipeReader stream, long? length)
    {
        if (length is null)
        {
            return stream;
        }

        (_stream, _left) = (stream, length.Value);
        return this;
    }

    public void Reset() => (_stream, _given, _left) = (null!, default, 0);

    public override bool TryRead(out ReadResult result)
    {
        if (_left == 0)
        {
            result = new ReadResult(default, isCanceled: false, isCompleted: true);
            return true;
        }

        if (!_stream.TryRead(out result))
        {
            return false;
        }

        result = Bound(result);
        return true;
    }

    [AsyncMethodBuilder(typeof(PooledMethodBuilder<>))]
    public override async ValueTask<ReadResult> ReadAsync(CancellationToken cancellationToken = default) => _left == 0
        ? new ReadResult(default, isCanceled: false, isCompleted: true)
        : Bound(await _stream.ReadAsync(cancellationToken).ConfigureAwait(false));

    public override void AdvanceTo(SequencePosition consumed) => AdvanceTo(consumed, consumed);

    public override void AdvanceTo(SequencePosition consumed, SequencePosition examined)
    {
        if (_left == 0 && _given.IsEmpty)
        {
            return;
        }

        _left -= _given.Slice(0, consumed).Length;
        _given = default;
        _stream.AdvanceTo(consumed, examined);
    }

    public override void CancelPendingRead() => _stream.CancelPendingRead();

    public override void Complete(Exception? exception = null)
    {
        // The stream is completed by its owner, which tells the peer whether the rest is wanted.
    }

    private ReadResult Bound(ReadResult result)
    {
        var buffer = result.Buffer;
        if (result.IsCompleted && buffer.Length < _left)
        {
            _stream.AdvanceTo(buffer.Start);
            throw new EndOfStreamException($"the request body ended {_left - buffer.Length} bytes early");
        }

        _given = buffer.Length > _left ? buffer.Slice(0, _left) : buffer;
        return new ReadResult(_given, result.IsCanceled, isCompleted: buffer.Length >= _left);
    }
}
