using System.IO.Pipelines;
using System.Threading.Tasks.Sources;

namespace Culvert.Transports.Quic.Streams;

/// <summary>
/// Received bytes: the loop appends straight from the decrypted packet and publishes once per batch; the application reads
/// and, by advancing, returns flow-control credit. The sender's window bounds what is buffered. Empty, it holds no block.
/// </summary>
internal sealed unsafe partial class InputPipe(StreamCore stream) : PipeReader, IValueTaskSource<ReadResult>
{
    private readonly Lock _gate = new();

    // The loop's alone while _appending, shared under the gate otherwise.
    private Block? _tail;
    private Block? _first;
    private long _received;

    private bool _appending;
    private Block? _head;
    private Block? _publishedTail;
    private long _published;
    private long _consumed;
    private long _examined;
    private bool _finished;
    private bool _readerDone;
    private Exception? _error;

    /// <summary>True when the peer's last byte has been published. The loop's thread.</summary>
    public bool IsFinished => _finished;

    /// <summary>
    /// Copies bytes in without telling the reader. False when nobody will read them: the caller returns the credit.
    /// </summary>
    public bool Append(byte* data, int length)
    {
        if (!_appending)
        {
            lock (_gate)
            {
                if (_readerDone)
                    return false;
                _appending = true;
            }
        }
        _received += length;
        while (length > 0)
        {
            var tail = _tail;
            if (tail is null || tail.Room == 0)
                tail = Extend(length);
            var count = Math.Min(length, tail.Room);
            Buffer.MemoryCopy(data, tail.Address + tail.Used, count, count);
            tail.Used += count;
            data += count;
            length -= count;
        }
        return true;
    }

    /// <summary>Shows the reader what was appended, the end of the stream, or its failure.</summary>
    public void Publish(bool finished, Exception? error = null)
    {
        bool wake;
        ReadResult result;
        long dropped = 0;
        lock (_gate)
        {
            _appending = false;
            _finished |= finished;
            _error ??= _finished ? null : error;
            if (_readerDone)
            {
                dropped = _received - _published;
                _published = _consumed = _received;
                ReleaseAll();
            }
            else if (_received != _published)
            {
                _head ??= _first;
                _publishedTail = _tail;
                _published = _received;
            }
            wake = TakeWaiter(out result);
        }
        if (dropped > 0)
            stream.ReturnCredit(dropped);
        if (wake)
            Wake(in result, stream.TellsInline);
    }

    /// <summary>Makes a pooled pipe new.</summary>
    public void Reset()
    {
        ReleaseAll();
        _received = _published = _consumed = _examined = 0;
        _appending = _finished = _readerDone = _cancelRequested = false;
        _error = null;
    }

    private Block Extend(int length)
    {
        var block = BlockPool.Shared.Rent();
        block.Begin(_received - length);
        if (_tail is null)
            _first = block;
        else
            _tail.Append(block);
        _tail = block;
        return block;
    }

    private void ReleaseAll()
    {
        BlockPool.Shared.ReturnChain(_head ?? _first);
        _head = _first = _tail = _publishedTail = null;
    }

    private void ReleaseConsumed()
    {
        while (_head is not null && _head != _publishedTail && _head.Start + _head.Size <= _consumed)
        {
            var next = _head.NextBlock;
            BlockPool.Shared.Return(_head);
            _head = next;
        }
        if (_consumed == _published && !_appending)
            ReleaseAll();
    }
}
