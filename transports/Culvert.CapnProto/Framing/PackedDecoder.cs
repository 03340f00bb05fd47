using System.Buffers;
using System.IO.Pipelines;
using System.Runtime.CompilerServices;
using Culvert.CapnProto.Messages;

namespace Culvert.CapnProto.Framing;

/// <summary>
/// Takes packed frames apart, however they are fragmented; made once and used for message after message. Not thread-safe.
/// </summary>
/// <remarks>
/// Two bytes can stand for 2 KiB of zeroes, so what a sender can make this class hold is not what it sent but
/// <see cref="MessageLimits.MessageBytes"/>. The buffer is of the shared pool and goes back with each message. After an
/// exception the place in the stream is lost and the decoder must not be used again.
/// </remarks>
public sealed class PackedDecoder(MessageLimits? limits = null) : IDisposable
{
    private const int Word = sizeof(ulong);

    private readonly MessageLimits _limits = limits ?? MessageLimits.Default;
    private byte[] _frame = [];
    private int _end;
    private int _total;
    private State _state;
    private int _tag;
    private int _place;
    private int _raw;

    private enum State
    {
        Tag,
        Bytes,
        ZeroRun,
        RawRun,
        Raw,
    }

    /// <summary>Goes on with the bytes that have come.</summary>
    /// <param name="input">The bytes; afterwards what follows the message, or nothing.</param>
    /// <param name="message">Holds the message when it is complete.</param>
    /// <returns>Whether it is complete.</returns>
    /// <exception cref="CapnProtoException">The frame exceeds a limit, or a run goes beyond its end.</exception>
    public bool TryRead(ref ReadOnlySequence<byte> input, MessageReader message)
    {
        ArgumentNullException.ThrowIfNull(message);
        var reader = new SequenceReader<byte>(input);
        while (_state != State.Tag || _total == 0 || _end < _total)
        {
            if (reader.End)
            {
                input = input.Slice(input.End);
                return false;
            }

            Step(ref reader);
        }

        input = input.Slice(reader.Position);
        var frame = new ReadOnlySequence<byte>(_frame, 0, _end);
        message.TryRead(ref frame);
        Dispose();
        return true;
    }

    /// <summary>Takes the next packed frame from a pipe. Bytes behind it stay in the pipe.</summary>
    /// <param name="input">The pipe; only one read at a time.</param>
    /// <param name="message">Holds the message afterwards.</param>
    /// <param name="cancellationToken">Ends the wait; the frame can be gone on with.</param>
    /// <returns>False when the pipe ended between two frames.</returns>
    /// <exception cref="CapnProtoException">The frame is malformed, or the pipe ended inside it.</exception>
    /// <exception cref="OperationCanceledException">
    /// The token or <see cref="PipeReader.CancelPendingRead"/> ended the wait.
    /// </exception>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public async ValueTask<bool> ReadFrameAsync(
        PipeReader input, MessageReader message, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(input);
        while (true)
        {
            var result = await input.ReadAsync(cancellationToken).ConfigureAwait(false);
            var buffer = result.Buffer;
            var found = false;
            try
            {
                found = TryRead(ref buffer, message);
            }
            finally
            {
                input.AdvanceTo(buffer.Start);
            }

            if (found)
            {
                return true;
            }

            if (result.IsCanceled)
            {
                throw new OperationCanceledException("the read was cancelled");
            }

            if (result.IsCompleted)
            {
                return _end == 0 && _state == State.Tag
                    ? false
                    : throw new CapnProtoException("capnp: the stream ended inside a message");
            }
        }
    }

    /// <summary>Gives the buffer back and forgets what was begun.</summary>
    public void Dispose()
    {
        if (_frame.Length > 0)
        {
            ArrayPool<byte>.Shared.Return(_frame);
        }

        (_frame, _end, _total, _state) = ([], 0, 0, State.Tag);
    }

    private void Step(ref SequenceReader<byte> reader)
    {
        if (_state == State.Raw)
        {
            CopyRaw(ref reader);
            return;
        }

        reader.TryRead(out var value);
        switch (_state)
        {
            case State.Tag:
                Grow(Word).Clear();
                (_tag, _place, _state) = (value, 0, value == 0 ? State.ZeroRun : State.Bytes);
                break;
            case State.Bytes:
                _place += System.Numerics.BitOperations.TrailingZeroCount(_tag >> _place);
                _frame[_end + _place++] = value;
                if (_tag >> _place == 0)
                {
                    EndWord(_tag == 0xff ? State.RawRun : State.Tag);
                }

                break;
            case State.ZeroRun:
                EndWord(State.Tag);
                Grow(value * Word).Clear();
                Advance(value * Word);
                break;
            default:
                _raw = value * Word;
                _state = _raw > 0 ? State.Raw : State.Tag;
                break;
        }
    }

    private void CopyRaw(ref SequenceReader<byte> reader)
    {
        var count = Math.Min(_raw, reader.UnreadSpan.Length);
        reader.UnreadSpan[..count].CopyTo(Grow(count));
        reader.Advance(count);
        Advance(count);
        _raw -= count;
        _state = _raw > 0 ? State.Raw : State.Tag;
    }

    private void EndWord(State next)
    {
        Advance(Word);
        _state = next;
    }

    /// <summary>Room for the next bytes of the frame.</summary>
    private Span<byte> Grow(int bytes)
    {
        var needed = _end + bytes;
        if (needed > (_total > 0 ? _total : _limits.MessageBytes))
        {
            throw new CapnProtoException("capnp: packed data goes beyond its message");
        }

        if (needed > _frame.Length)
        {
            var larger = ArrayPool<byte>.Shared.Rent(Math.Max(needed, Math.Max(1024, _frame.Length * 2)));
            _frame.AsSpan(0, _end).CopyTo(larger);
            if (_frame.Length > 0)
            {
                ArrayPool<byte>.Shared.Return(_frame);
            }

            _frame = larger;
        }

        return _frame.AsSpan(_end, bytes);
    }

    private void Advance(int bytes)
    {
        _end += bytes;
        if (_total == 0)
        {
            var header = FrameHeader.Parse(_frame.AsSpan(0, _end), _limits);
            if (header.HeaderBytes > 0)
            {
                _total = header.HeaderBytes + header.BodyBytes;
            }
        }

        if (_total > 0 && _end > _total)
        {
            throw new CapnProtoException("capnp: packed data goes beyond its message");
        }
    }
}
