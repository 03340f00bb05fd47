using System.Collections.Concurrent;
using Culvert.Engine.Datagrams.Icmp;
using Culvert.Engine.Datagrams.Native;
using Culvert.Transports.Datagrams;
using Culvert.Transports.Native;
using Microsoft.Extensions.Logging;

namespace Culvert.Engine.Datagrams.Muxer;

/// <summary>
/// The flows whose replies go to one connection: their table, their sockets, their clock. All of it runs on the connection's own
/// thread, so that a datagram wakes nobody on its way: what a batch of packets brought goes to the origins at its end, in one run
/// for each flow, and the same thread waits for their replies. The object is the connection's identity; its index is only a
/// label. Only <see cref="Post"/> is for other threads.
/// </summary>
internal sealed unsafe partial class ConnectionFlows : IDatagramReceiver, IDisposable
{
    private readonly DatagramMuxer _muxer;
    private readonly DatagramMuxerOptions _options;
    private readonly DatagramCounters _counters;
    private readonly FlowLog _log;
    private readonly FlowTable _flows = new();
    private readonly TimerWheel _wheel;
    private readonly ParkedDatagrams _parked;
    private readonly EpollSet _epoll = new();
    private readonly InboundBatch _inbound;
    private readonly OriginWriter _writer;
    private readonly OriginReader _reader = new();
    private readonly List<Flow> _closed = [];
    private readonly List<Flow> _idle = [];
    private readonly ConcurrentQueue<FlowCommand> _commands = new();
    private readonly IDatagramSender _outbound;
    private long _now;
    private bool _hasNews;
    private bool _mustFlush;
    private int _flowCount;
    private volatile bool _hasEnded;

    /// <param name="muxer">What the connections share.</param>
    /// <param name="connection">The connection.</param>
    /// <param name="index">Label in logs and counters.</param>
    /// <param name="sessionEnded">Null for version 3; for version 2, hears of sessions that end by themselves, and why.</param>
    public ConnectionFlows(DatagramMuxer muxer, IDatagramConnection connection, byte index, Action<Guid, string>? sessionEnded)
    {
        _muxer = muxer;
        _options = muxer.Options;
        _counters = muxer.Counters(index);
        (Connection, Index, SessionEnded) = (connection, index, sessionEnded);
        _log = new FlowLog(muxer.Logger, _options.LogLinesPerSecond);
        _inbound = new InboundBatch(_options.InboundSlots);
        _items = new iovec[_options.InboundSlots];
        _nextItem = new int[_options.InboundSlots];
        _writer = muxer.Writer ?? new OriginWriter();
        _parked = new ParkedDatagrams(_options.ParkedSlots);
        _now = Milliseconds();
        _wheel = new TimerWheel(_now);
        _outbound = connection.OpenDatagramSender();
    }

    public IDatagramConnection Connection { get; }

    /// <summary>Label in logs and counters.</summary>
    public byte Index { get; }

    /// <summary>Whether its datagrams are of version 2.</summary>
    public bool HasSessions => SessionEnded is not null;

    /// <summary>Called on the connection's thread.</summary>
    public Action<Guid, string>? SessionEnded { get; }

    /// <summary>Answers pings; null when there is nothing that could.</summary>
    public IcmpConnection? Icmp { get; init; }

    /// <summary>Flows now. Any thread.</summary>
    public int Count => Volatile.Read(ref _flowCount);

    /// <summary>Places of the flow table, and datagrams parked, for tests of growth.</summary>
    public (int Capacity, int Parked, int Timers) Sizes => (_flows.Capacity, _parked.Count, _wheel.Count);

    /// <summary>Readable when a socket, the clock or another thread wants <see cref="Ready"/>.</summary>
    public int Descriptor => _epoll.Descriptor;

    /// <summary>Any thread: has the connection's thread run a command, or gives it up when the connection has ended.</summary>
    public void Post(FlowCommand command)
    {
        _commands.Enqueue(command);
        Interlocked.MemoryBarrier();
        if (_hasEnded)
            GiveUpCommands();
        else
            _epoll.Wake();
    }

    /// <summary>Keeps a copy until the batch ends.</summary>
    public void Receive(ReadOnlySpan<byte> datagram)
    {
        if (Icmp is { } icmp && icmp.Wants(datagram))
            icmp.Take(datagram);
        else if (datagram.Length > InboundBatch.MaxDatagram)
            _counters.Drop(DropReason.Malformed);
        else
            Add(datagram);
    }

    /// <summary>Sends to the origins what the batch brought.</summary>
    public void EndBatch()
    {
        if (!_hasNews)
            return;
        _hasNews = false;
        TakeInbound();
        EndRound();
    }

    /// <summary>Brings replies back, lets idle flows go, and does what was posted.</summary>
    public void Ready()
    {
        _now = Milliseconds();
        while (_commands.TryDequeue(out var command))
            command.Run(this);
        _wheel.Advance(_now, _idle);
        foreach (var flow in _idle)
            CloseIdle(flow);
        _idle.Clear();
        DropOverdue();
        var events = _epoll.Wait(0);
        for (var i = 0; i < events; i++)
        {
            var slot = _epoll.Event(i, out var isReadable, out var isWritable);
            if (slot < 0)
                continue;
            var flow = _flows.BySlot(slot);
            if (isReadable && flow.IsOpen)
                ReadOrigin(flow);
            if (isWritable && flow.IsOpen)
                SendParked(flow);
        }
        EndRound();
    }

    /// <summary>Closes every flow and frees what they had.</summary>
    public void Ended()
    {
        _now = Milliseconds();
        _hasEnded = true;
        Interlocked.MemoryBarrier();
        GiveUpCommands();
        for (var slot = 0; slot < _flows.Slots; slot++)
        {
            var flow = _flows.BySlot(slot);
            if (!flow.IsOpen)
                continue;
            if (_log.May(LogLevel.Error, _now))
                _log.Failed(Index, flow.Id, "context canceled", _now - flow.OpenedAt);
            Close(flow, failed: false);
        }
        _muxer.Forget(this);
        Dispose();
    }

    /// <summary>Frees memory and descriptors: by itself when the connection has ended, else of one that is not to be served after
    /// all.</summary>
    public void Dispose()
    {
        _epoll.Dispose();
        _inbound.Dispose();
        _writer.Dispose();
        _reader.Dispose();
        _parked.Dispose();
    }

    private void Add(ReadOnlySpan<byte> datagram)
    {
        _inbound.Add(datagram);
        _hasNews = true;

        // A burst goes out in parts: there is nobody to wait for.
        if (_inbound.IsFull)
            TakeInbound();
    }

    private void GiveUpCommands()
    {
        while (_commands.TryDequeue(out var command))
            command.GiveUp();
    }

    private void EndRound()
    {
        if (_mustFlush)
        {
            _mustFlush = false;
            _outbound.Flush();
        }
        foreach (var flow in _closed)
            _flows.Recycle(flow);
        _closed.Clear();
        SetClock();
    }

    // The thread itself sleeps until the network or this clock wakes it.
    private void SetClock()
    {
        var delay = _wheel.Delay(_now);
        if (_parkedFlows.Count > 0)
        {
            var deadline = (int)_options.WriteDeadline.TotalMilliseconds;
            delay = delay < 0 ? deadline : Math.Min(delay, deadline);
        }
        if (delay >= 0)
            _epoll.SetClock(_now, delay);
    }

    private long Milliseconds() => (long)(_muxer.Time.GetTimestamp() * (1000.0 / _muxer.Time.TimestampFrequency));
}
