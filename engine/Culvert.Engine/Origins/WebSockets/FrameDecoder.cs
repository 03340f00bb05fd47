using System.Buffers;
using System.IO.Pipelines;

namespace Culvert.Engine.Origins.WebSockets;

/// <summary>
/// Takes a client's frames apart as their bytes come. Binary payload is unmasked on its way to the origin, so a message of any
/// size and any fragmentation passes whole and is never held; the original cuts messages at 16 KiB (defect 2 of section 14.1).
/// Text is discarded, as in the original. Not thread-safe.
/// </summary>
internal sealed class FrameDecoder
{
    // Of the message that is not finished, or null between messages.
    private Opcode? _message;
    private FrameHeader _frame;
    private long _position;
    private bool _inFrame;

    /// <summary>What <see cref="Take"/> has come to.</summary>
    internal enum Step
    {
        /// <summary>All bytes are taken, or the rest is too little.</summary>
        NeedsMore,

        /// <summary>A control frame is complete in <see cref="Control"/> and <see cref="ControlPayload"/>.</summary>
        Control,
    }

    /// <summary>The control frame's kind.</summary>
    public Opcode Control => _frame.Opcode;

    /// <summary>The control frame's payload without its mask; valid until the next call.</summary>
    public ReadOnlyMemory<byte> ControlPayload => _control.AsMemory(0, (int)_frame.Length);

    // A ping may carry data, but few do: made when the first one comes.
    private byte[] _control = [];

    /// <summary>Takes frames until a control frame is complete or the bytes are used up.</summary>
    /// <param name="bytes">What follows the bytes taken before.</param>
    /// <param name="origin">Receives binary payload; not flushed.</param>
    /// <param name="consumed">Where the bytes that were taken end.</param>
    /// <exception cref="WebSocketFormatException">The client broke the protocol.</exception>
    public Step Take(in ReadOnlySequence<byte> bytes, PipeWriter origin, out SequencePosition consumed)
    {
        var rest = bytes;
        consumed = rest.Start;
        while (true)
        {
            if (!_inFrame)
            {
                if (!FrameHeader.TryRead(rest, out var header, out var size))
                {
                    return Step.NeedsMore;
                }

                Begin(header);
                rest = rest.Slice(size);
                consumed = rest.Start;
            }

            if (_frame.IsControl)
            {
                if (rest.Length < _frame.Length)
                {
                    return Step.NeedsMore;
                }

                TakeControl(rest.Slice(0, _frame.Length));
                consumed = rest.GetPosition(_frame.Length);
                _inFrame = false;
                return Step.Control;
            }

            var part = rest.Slice(0, Math.Min(rest.Length, _frame.Length - _position));
            TakeData(part, origin);
            rest = rest.Slice(part.End);
            consumed = rest.Start;
            if (_position < _frame.Length)
            {
                return Step.NeedsMore;
            }

            _inFrame = false;
            _message = _frame.Final ? null : _message;
        }
    }

    private void Begin(FrameHeader header)
    {
        if (!header.IsControl)
        {
            if (header.Opcode == Opcode.Continuation == _message is null)
            {
                throw new WebSocketFormatException("a message begins inside another one, or goes on without a beginning");
            }

            _message ??= header.Opcode;
        }

        (_frame, _position, _inFrame) = (header, 0, true);
    }

    private void TakeControl(in ReadOnlySequence<byte> payload)
    {
        if (payload.IsEmpty)
        {
            return;
        }

        if (_control.Length == 0)
        {
            _control = new byte[FrameHeader.MaxControlBytes];
        }

        payload.CopyTo(_control);
        var plain = _control.AsSpan(0, (int)payload.Length);
        Masking.Apply(plain, plain, _frame.Mask, 0);
    }

    private void TakeData(in ReadOnlySequence<byte> part, PipeWriter origin)
    {
        foreach (var segment in part)
        {
            if (_message == Opcode.Binary)
            {
                Unmask(segment.Span, origin);
            }

            _position += segment.Length;
        }
    }

    private void Unmask(ReadOnlySpan<byte> payload, PipeWriter origin)
    {
        for (var done = 0; done < payload.Length;)
        {
            var room = origin.GetSpan(1);
            var piece = payload.Slice(done, Math.Min(room.Length, payload.Length - done));
            Masking.Apply(piece, room, _frame.Mask, _position + done);
            origin.Advance(piece.Length);
            done += piece.Length;
        }
    }
}
