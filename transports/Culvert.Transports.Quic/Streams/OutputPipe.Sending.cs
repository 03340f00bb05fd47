using System.IO.Pipelines;
using Culvert.Transports.Quic.Native;

namespace Culvert.Transports.Quic.Streams;

// The loop's side. These fields are the loop's alone.
internal sealed unsafe partial class OutputPipe
{
    private Block? _sendBlock;
    private long _sent;
    private long _sendable;
    private bool _finReady;
    private bool _finSent;

    /// <summary>True when there are bytes, or the end of the stream, that ngtcp2 has not taken yet.</summary>
    public bool HasWork => _sent < _sendable || (_finReady && !_finSent);

    /// <summary>True when every byte and the end of the stream were handed over.</summary>
    public bool IsFinSent => _finSent;

    public bool HasSent => _sent > 0;

    /// <summary>Learns what the application has flushed.</summary>
    public void Pull()
    {
        lock (_gate)
        {
            _sendable = _flushed;
            _finReady = _completed;
            if (_sent < _sendable)
                _sendBlock ??= _head;
        }
    }

    /// <summary>
    /// Describes the next bytes to send, enough for one packet. Tells whether the last flushed byte is among them.
    /// </summary>
    public int Describe(ngtcp2_vec* vectors, int limit, nuint enough, out bool toTheEnd)
    {
        var count = 0;
        nuint total = 0;
        var at = _sent;
        var block = _sendBlock;
        while (block is not null && at < _sendable && count < limit && total < enough)
        {
            var next = block.NextBlock;
            var end = next is null ? _sendable : Math.Min(_sendable, block.End);
            if (end > at)
            {
                vectors[count].@base = block.Address + (at - block.Start);
                vectors[count].len = (nuint)(end - at);
                total += vectors[count].len;
                count++;
                at = end;
            }
            block = next;
        }
        toTheEnd = at == _sendable;
        return count;
    }

    public bool FinReady => _finReady && !_finSent;

    /// <summary>Notes what ngtcp2 has taken.</summary>
    public void Sent(long count, bool fin)
    {
        _sent += count;
        _finSent |= fin;
        while (_sendBlock?.NextBlock is { } next && _sent >= _sendBlock.End)
            _sendBlock = next;
    }

    /// <summary>
    /// The network has taken everything: a flush that waits all the same waits for nothing but this stream's limit.
    /// </summary>
    public void Grow()
    {
        lock (_gate)
        {
            if (!_waiting || _limit >= _largestLimit || Held < _limit || _budget!.IsSpent)
                return;
            _limit = Math.Min(_limit * 2, _largestLimit);
            _waiting = false;
        }
        Wake(default, inline: false);
    }

    /// <summary>Releases what the peer has acknowledged and lets a waiting flush go on.</summary>
    public void Acknowledge(long offset)
    {
        bool wake;
        lock (_gate)
        {
            if (_closed)
                return;
            _budget!.GiveBack(offset - _acknowledged);
            _acknowledged = offset;
            while (_head?.NextBlock is { } next && _head.End <= offset)
            {
                if (_sendBlock == _head)
                    _sendBlock = next;
                BlockPool.Shared.Return(_head);
                _head = next;
            }
            if (offset == _flushed && !_writing)
            {
                ReleaseAll();
                _sendBlock = null;
            }
            wake = _waiting && Held <= _wakeAt;
            _waiting &= !wake;
        }
        if (wake)
            Wake(default, stream.TellsInline);
    }

    /// <summary>
    /// The peer wants no more, or we reset: flushes answer "completed". Memory stays until <see cref="Close"/>.
    /// </summary>
    public void Stop() => End(closed: false, inline: false);

    /// <summary>ngtcp2 has let go of the stream's memory.</summary>
    public void Close() => End(closed: true, stream.TellsInline);

    /// <summary>Makes a pooled pipe new.</summary>
    public void Reset(SendBudget budget, QuicTransportOptions settings)
    {
        ReleaseAll();
        _budget = budget;
        _limit = settings.StreamSendLimit;
        _largestLimit = Math.Max(settings.MaxStreamSendLimit, _limit);
        _flushed = _acknowledged = _unflushed = _sent = _sendable = 0;
        _writing = _completed = _stopped = _closed = _cancelRequested = _finReady = _finSent = false;
        _sendBlock = null;
    }

    private void End(bool closed, bool inline)
    {
        bool wake;
        lock (_gate)
        {
            _stopped = true;
            _closed |= closed;
            if (_closed && !_writing)
                ReleaseAll();
            if (_closed)
                GiveUp();
            wake = _waiting;
            _waiting = false;
        }
        if (wake)
            Wake(new FlushResult(isCanceled: false, isCompleted: true), inline);
    }

    private void GiveUp()
    {
        _sendBlock = null;
        _budget!.GiveBack(Held);
        _acknowledged = _flushed;
    }

    // Inline only at the loop's one point for it; every other caller may hold locks that the continuation wants.
    private void Wake(FlushResult result, bool inline)
    {
        _source.RunContinuationsAsynchronously = !inline;
        _source.SetResult(result);
    }
}
