using System.Runtime.InteropServices;
using Culvert.Transports.Quic.Loop;
using Culvert.Transports.Quic.Native;

namespace Culvert.Transports.Quic.Streams;

// Everything here runs on the loop's thread.
internal sealed partial class StreamCore
{
    private const ulong UnpolledAge = 250 * LoopClock.Millisecond;

    private GCHandle _handle;
    private ulong _boundAt;
    private bool _wantsOpen;
    private bool _usedBeforeOpen;
    private bool _justOpened;
    private bool _closed;
    private bool _retired;
    private bool _touched;
    private bool _hasNewInput;
    private bool _finReceived;
    private Exception? _inputError;
    private long _acknowledged;
    private long _acknowledgedSeen;
    private volatile bool _outputEnded;
    private volatile bool _stopSignalled;
    private bool _stopSendingSent;
    private bool _resetSent;

    /// <summary>Neighbours among the connection's streams.</summary>
    public StreamCore? Previous { get; set; }

    public StreamCore? Next { get; set; }

    /// <summary>The next in the connection's queue of streams with bytes to send.</summary>
    public StreamCore? NextReady { get; set; }

    public bool IsReady { get; set; }

    /// <summary>The peer's window for this stream is used up.</summary>
    public bool IsBlocked { get; set; }

    public bool CanSend => !_closed && !_outputEnded && !IsBlocked && Output.HasWork;

    /// <summary>True when a STOP_SENDING of the peer could still arrive and nothing else would tell.</summary>
    /// <remarks>A stream that has never sent answers the poll with an empty frame, once; short-lived ones are spared
    /// that.</remarks>
    public bool IsWorthPolling => !_closed && !_outputEnded && !Output.IsFinSent
        && (Output.HasSent || Connection.Loop.Now - _boundAt > UnpolledAge);

    public bool IsOpen => Id >= 0 && !_closed;

    /// <summary>True when continuations may run within the call that completes what they await.</summary>
    public bool TellsInline => Connection.Loop.IsTelling && Connection.Settings.InlineContinuations;

    /// <summary>The pointer that ngtcp2 hands back with this stream's events.</summary>
    public nint Bind(long id)
    {
        Id = id;
        _boundAt = Connection.Loop.Now;
        _handle = GCHandle.Alloc(this);
        return GCHandle.ToIntPtr(_handle);
    }

    /// <summary>The opener hears of it with the batch: this can be inside a callback of ngtcp2.</summary>
    public void OpenSucceeded()
    {
        if (_usedBeforeOpen)
            return;
        _justOpened = true;
        Touch();
    }

    public void OpenFailed(Exception error)
    {
        _closed = true;
        if (_usedBeforeOpen)
        {
            _inputError ??= error;
            Input.Publish(finished: false, _inputError);
            EndOutput();
            TryRetire();
        }
        else
        {
            _retired = true;
            _opening.RunContinuationsAsynchronously = true;
            _opening.SetException(error);
        }
    }

    internal override void RunOnLoop()
    {
        if (_wantsOpen)
        {
            _wantsOpen = false;
            Connection.Open(this);
        }
        if (IsOpen)
            Serve();
        TryRetire();
    }

    public unsafe void OnData(byte* data, int length, bool fin)
    {
        if (length > 0 && !Input.Append(data, length))
            ReturnCredit(length);
        _hasNewInput = true;
        _finReceived |= fin;
        Touch();
    }

    public void OnReset(ulong code)
    {
        _inputError ??= new QuicStreamException(code, "The peer reset the stream.");
        Touch();
    }

    public void OnAcknowledged(long offset)
    {
        _acknowledged = offset;
        Touch();
    }

    /// <summary>ngtcp2 has closed the stream and lets go of its memory.</summary>
    public void OnClosed(ulong? code)
    {
        _closed = true;
        _handle.Free();
        if (!_finReceived)
            _inputError ??= new QuicStreamException(code ?? 0, "The stream was closed.");
        if (!Output.IsFinSent && !_resetSent && code is not null)
            Volatile.Write(ref _stopCode, code.Value);
        Touch();
    }

    /// <summary>The peer sent STOP_SENDING; ngtcp2 has answered with RESET_STREAM by itself.</summary>
    public void OnStopped()
    {
        _outputEnded = true;
        Output.Stop();
        SignalStop();
    }

    /// <summary>Tells the pipes what a batch of packets brought.</summary>
    public void AfterBatch()
    {
        _touched = false;
        if (_justOpened)
        {
            _justOpened = false;
            _opening.RunContinuationsAsynchronously = !TellsInline;
            _opening.SetResult(Stream);
        }
        if (_acknowledged != _acknowledgedSeen)
        {
            _acknowledgedSeen = _acknowledged;
            Output.Acknowledge(_acknowledged);
        }
        if (_hasNewInput || _inputError is not null)
        {
            _hasNewInput = false;
            Input.Publish(_finReceived, _inputError);
        }
        if (!_closed)
            return;
        EndOutput();
        TryRetire();
    }

    /// <summary>The connection is gone, and with it ngtcp2's hold on the stream's memory.</summary>
    public void OnConnectionClosed(Exception error)
    {
        if (_retired)
            return;
        if (!_closed)
        {
            _closed = true;
            if (_handle.IsAllocated)
                _handle.Free();
        }
        _inputError ??= error;
        Input.Publish(_finReceived, _inputError);
        EndOutput();
    }

    private void EndOutput()
    {
        Output.Close();
        if (_outputEnded)
            return;
        _outputEnded = true;
        if (!Output.IsFinSent || _stopCode != None)
            SignalStop();
    }

    private void SignalStop()
    {
        _stopSignalled = true;
        Interlocked.MemoryBarrier();
        if (_writesStopped is { } source)
            Cancellation.Request(source);
    }

    private void Serve()
    {
        var connection = Connection;
        if (Volatile.Read(ref _abortRead) is var readCode && readCode != None)
        {
            StopSending(readCode);
            _inputError ??= new QuicStreamException(readCode, "The read was aborted.");
            Touch();
        }
        else if (Input.IsReaderDone && !_finReceived)
        {
            StopSending(0);
        }
        // Before the question whether to reset: a completion that is seen here without its reset would send FIN.
        Output.Pull();
        if (Volatile.Read(ref _abortWrite) is var writeCode && writeCode != None && !_resetSent)
        {
            _resetSent = _outputEnded = true;
            Output.Stop();
            _ = Ngtcp2.ngtcp2_conn_shutdown_stream_write(connection.Handle, 0, Id, writeCode);
        }
        if (CanSend)
            connection.AddReady(this);
        var credit = Interlocked.Exchange(ref _credit, 0);
        if (credit > 0 && !_finReceived && !_stopSendingSent)
            _ = Ngtcp2.ngtcp2_conn_extend_max_stream_offset(connection.Handle, Id, (ulong)credit);
        connection.MarkDirty();
    }

    private void StopSending(ulong code)
    {
        if (_stopSendingSent || _finReceived || _inputError is not null)
            return;
        _stopSendingSent = true;
        _ = Ngtcp2.ngtcp2_conn_shutdown_stream_read(Connection.Handle, 0, Id, code);
    }

    private void TryRetire()
    {
        // While it is still to be told something, the loop's list holds it; the telling ends here again.
        if (_retired || _touched || !_closed || !Input.IsReaderDone || !Output.IsWriterDone)
            return;
        _retired = true;
        Connection.Retire(this);
        Release();
    }

    private void Touch()
    {
        if (_touched)
            return;
        _touched = true;
        Connection.Loop.Touch(this);
    }

    private void ResetLoopState()
    {
        _wantsOpen = _usedBeforeOpen = _justOpened = _closed = _retired = _touched = _hasNewInput = _finReceived = false;
        _outputEnded = false;
        _stopSendingSent = _resetSent = IsReady = IsBlocked = false;
        _inputError = null;
        _acknowledged = _acknowledgedSeen = 0;
        Previous = Next = NextReady = null;
        // One that was or will be cancelled belongs to the stream's last life.
        if (_stopSignalled || _writesStopped?.TryReset() == false)
            _writesStopped = null;
        _stopSignalled = false;
    }
}
