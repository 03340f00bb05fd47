using Culvert.Transports.Datagrams;
using Culvert.Transports.Quic.Connections;
using Culvert.Transports.Quic.Endpoints;
using Culvert.Transports.Quic.Streams;

namespace Culvert.Transports.Quic.Loop;

/// <summary>
/// One thread that owns one UDP socket and every connection on it. Order of a round: receive a batch, run due timers, tell
/// the application, run posted work and tell again, one write pass per connection that needs one, sleep. Telling is the only
/// point at which application code may run on this thread, never during a call into ngtcp2; all that code can do here is
/// post. Only <see cref="Post"/> and <see cref="Stop"/> may be called from elsewhere.
/// </summary>
internal sealed unsafe class EndpointLoop
{
    // Telling can post and posted work can give more to tell; so many times, then it is the network's turn.
    private const int PassesPerRound = 4;

    private readonly UdpSocket _socket;
    private readonly WorkQueue _posted = new();
    private readonly List<StreamCore> _touched = [];
    private readonly List<ConnectionCore> _touchedConnections = [];
    private readonly HashSet<ConnectionCore> _connections = [];
    private readonly TaskCompletionSource _stopped = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Thread _thread;
    private List<ConnectionCore> _dirty = [];
    private List<ConnectionCore> _writing = [];
    // A client's only connection: a stateless reset names no connection id, so what names none is shown to it.
    private ConnectionCore? _sole;
    private bool _mayReceive;
    private IDatagramReceiver? _watching;
    private int _sleeping;
    private readonly Lock _endGate = new();
    private volatile bool _stopping;
    private volatile bool _hasEnded;

    public EndpointLoop(UdpSocket socket, string name, ConnectionIdTable ids)
    {
        _socket = socket;
        Ids = ids;
        Writer = new PacketWriter(socket);
        _thread = new Thread(Run) { IsBackground = true, Name = name };
    }

    public UdpSocket Socket => _socket;

    public PacketWriter Writer { get; }

    public ConnectionIdTable Ids { get; }

    public TimerHeap Timers { get; } = new();

    /// <summary>Handles packets of no connection, on servers.</summary>
    public FrontDoor? FrontDoor { get; set; }

    /// <summary>Stops the loop with its last connection, on clients.</summary>
    public bool StopsWhenEmpty { get; init; }

    /// <summary>The round's time.</summary>
    public ulong Now { get; private set; }

    /// <summary>True when the thread is past its last round; work posted then is answered by whoever posts it.</summary>
    public bool HasEnded => _hasEnded;

    public int ConnectionCount => _connections.Count;

    /// <summary>
    /// True while the application is told what happened, when its continuations may run on this thread. The loop thread's.
    /// </summary>
    public bool IsTelling { get; private set; }

    /// <summary>Completes when the thread has ended and the socket is closed.</summary>
    public Task Stopped => _stopped.Task;

    public void Start() => _thread.Start();

    /// <summary>Queues work for the loop's thread and wakes it if it sleeps. From any thread.</summary>
    public void Post(WorkItem item)
    {
        if (!item.TryClaimPost())
            return;
        _posted.Push(item);
        if (Volatile.Read(ref _sleeping) != 0 && Interlocked.Exchange(ref _sleeping, 0) != 0)
            _socket.Wake();
        if (HasEnded)
            RunPostedAfterEnd();
    }

    /// <summary>Frees a loop that was never started.</summary>
    public void Abandon()
    {
        _socket.Dispose();
        Writer.Dispose();
    }

    /// <summary>Closes every connection with application code 0 and ends the thread. From any thread.</summary>
    public void Stop()
    {
        _stopping = true;
        _socket.Wake();
    }

    public void Add(ConnectionCore connection)
    {
        _connections.Add(connection);
        _sole = connection;
    }

    public void Remove(ConnectionCore connection)
    {
        Timers.Remove(connection);
        _connections.Remove(connection);
    }

    /// <summary>Waits for a receiver's descriptor too. One at a time: a client has one connection.</summary>
    public void Watch(IDatagramReceiver receiver)
    {
        _watching = receiver;
        _socket.Watch(receiver.Descriptor);
    }

    /// <summary>Ends that, if it is this one that is watched.</summary>
    public void Unwatch(IDatagramReceiver receiver)
    {
        if (_watching != receiver)
            return;
        _watching = null;
        _socket.Watch(-1);
    }

    /// <summary>Asks for a write pass at the end of the round.</summary>
    public void MarkDirty(ConnectionCore connection) => _dirty.Add(connection);

    /// <summary>Asks for the stream's application to be told what the batch brought.</summary>
    public void Touch(StreamCore stream) => _touched.Add(stream);

    /// <summary>Asks for the connection's application to be told of datagrams, new streams or the end.</summary>
    public void Touch(ConnectionCore connection) => _touchedConnections.Add(connection);

    private void Run()
    {
        try
        {
            while (!_stopping)
            {
                Round();
                if (StopsWhenEmpty && _connections.Count == 0 && _posted.IsEmpty)
                    break;
                Sleep();
            }
        }
        finally
        {
            Shutdown();
        }
    }

    private void Round()
    {
        Now = LoopClock.Now;
        if (Writer.IsBlocked)
            Writer.Resume();
        var count = _mayReceive ? _socket.Receive() : 0;
        for (var i = 0; i < count; i++)
            Dispatch(ref _socket.Received[i]);
        RunTimers();
        if (_socket.IsWatchedReady)
            _watching?.Ready();
        Tell();
        for (var pass = 0; pass < PassesPerRound && !_posted.IsEmpty; pass++)
        {
            RunPosted();
            Tell();
        }
        WriteAll();
    }

    private void Dispatch(ref ReceivedMessage message)
    {
        for (var at = 0; at < message.Length; at += message.SegmentSize)
        {
            _socket.PacketsReceived++;
            var packet = message.Data + at;
            var length = Math.Min(message.SegmentSize, message.Length - at);
            var connection = Ids.Find(packet, length) ?? (StopsWhenEmpty ? _sole : null);
            if (connection is not null)
                connection.Read(packet, length, ref message);
            else
                FrontDoor?.Receive(packet, length, ref message);
        }
    }

    private void RunTimers()
    {
        while (Timers.Next <= Now)
        {
            var connection = Timers.First;
            Timers.Remove(connection);
            connection.OnTimer();
        }
    }

    private void Tell()
    {
        IsTelling = true;
        TellStreams();
        // After the streams: who accepts one finds its first bytes there already.
        TellConnections();
        IsTelling = false;
    }

    private void TellConnections()
    {
        for (var i = 0; i < _touchedConnections.Count; i++)
            _touchedConnections[i].AfterBatch();
        _touchedConnections.Clear();
    }

    private void TellStreams()
    {
        for (var i = 0; i < _touched.Count; i++)
            _touched[i].AfterBatch();
        _touched.Clear();
    }

    private void RunPosted()
    {
        var item = _posted.TakeAll();
        while (item is not null)
        {
            var next = item.NextPosted;
            item.NextPosted = null;
            item.BeginRun();
            item.RunOnLoop();
            if (item.EndRun())
                item.AfterRun();
            else
                _posted.Push(item);
            item = next;
        }
    }

    private void WriteAll()
    {
        if (_dirty.Count == 0 || Writer.IsBlocked)
            return;
        (_writing, _dirty) = (_dirty, _writing);
        Now = LoopClock.Now;
        foreach (var connection in _writing)
        {
            if (Writer.IsBlocked)
                _dirty.Add(connection);
            else
                connection.WritePass();
        }
        _writing.Clear();
    }

    private void Sleep()
    {
        Interlocked.Exchange(ref _sleeping, 1);
        var busy = !_posted.IsEmpty || (_dirty.Count > 0 && !Writer.IsBlocked) || _touched.Count > 0
            || _touchedConnections.Count > 0 || _stopping;
        ulong wait = 0;
        if (!busy)
        {
            var next = Timers.Next;
            var now = LoopClock.Now;
            wait = next == LoopClock.Never ? LoopClock.Never : next > now ? next - now : 0;
        }
        _mayReceive = _socket.Wait(wait, Writer.IsBlocked);
        Volatile.Write(ref _sleeping, 0);
    }

    // Every connection is closed by now, so what is posted only needs to be told so; ngtcp2 is out of reach. Whatever waits
    // goes on elsewhere: nothing is told inline under the gate.
    private void RunPostedAfterEnd()
    {
        Interlocked.MemoryBarrier();
        lock (_endGate)
        {
            while (!_posted.IsEmpty || _touched.Count > 0)
            {
                RunPosted();
                TellStreams();
            }
        }
    }

    private void Shutdown()
    {
        Now = LoopClock.Now;
        foreach (var connection in _connections.ToArray())
            connection.Close(new QuicCloseReason(QuicCloseKind.Application, false, 0, ""), lingers: false);
        _hasEnded = true;
        RunPostedAfterEnd();
        TellConnections();
        Writer.Flush();
        _socket.Dispose();
        Writer.Dispose();
        _stopped.TrySetResult();
    }
}
