using System.Collections.Concurrent;
using Culvert.Engine.Datagrams.Native;
using Culvert.Engine.Flows;
using Microsoft.Extensions.Logging;

namespace Culvert.Engine.Datagrams.Muxer;

/// <summary>
/// One thread with its share of the flows: their table, their sockets, their clock. A round takes what the connections' rings
/// hold, sends it to the origins in one run for each flow, waits in epoll when nothing is left, and carries replies back.
/// Only <see cref="Wake"/> and what posts are for other threads.
/// </summary>
internal sealed unsafe partial class FlowShard : IDisposable
{
    // Of one connection in one round, so that none waits long for another.
    private const int MaxPerLane = OriginWriter.MaxRun;
    private const int MaxPerRound = 1024;
    private const int ClosesPerRound = 256;

    private readonly DatagramMuxerOptions _options;
    private readonly FlowLimiter _limiter;
    private readonly VirtualDns _dns;
    private readonly DatagramCounters[] _counters;
    private readonly TimeProvider _time;
    private readonly FlowLog _log;
    private readonly FlowTable _flows = new();
    private readonly TimerWheel _wheel;
    private readonly ParkedDatagrams _parked;
    private readonly EpollSet _epoll = new();
    private readonly OriginWriter _writer;
    private readonly OriginReader _reader = new();
    private readonly List<CarrierLane> _lanes = [];
    private readonly List<CarrierLane> _endedLanes = [];
    private readonly List<Flow> _closed = [];
    private readonly List<Flow> _idle = [];
    private readonly ConcurrentQueue<(CarrierLane Lane, bool Ended)> _posted = new();
    private readonly ConcurrentQueue<SessionCommand> _commands = new();
    private readonly Thread _thread;
    private long _now;
    private int _sleeping;
    private int _flowCount;
    private volatile bool _stopping;

    public FlowShard(DatagramMuxerOptions options, FlowLimiter limiter, VirtualDns dns, DatagramCounters[] counters,
        ILogger logger, TimeProvider time, OriginWriter? writer = null)
    {
        _options = options;
        _limiter = limiter;
        _dns = dns;
        _counters = counters;
        _time = time;
        _log = new FlowLog(logger, options.LogLinesPerSecond);
        _writer = writer ?? new OriginWriter();
        _parked = new ParkedDatagrams(options.ParkedSlots);
        _now = Milliseconds();
        _wheel = new TimerWheel(_now);
        _thread = new Thread(Run) { IsBackground = true, Name = "datagram flows" };
    }

    /// <summary>Flows now. Any thread.</summary>
    public int FlowCount => Volatile.Read(ref _flowCount);

    /// <summary>Places of the flow table, and datagrams parked, for tests of growth.</summary>
    public (int Capacity, int Parked, int Timers) Sizes => (_flows.Capacity, _parked.Count, _wheel.Count);

    public void Start() => _thread.Start();

    /// <summary>Any thread: a connection begins, or has ended.</summary>
    public void Post(CarrierLane lane, bool ended)
    {
        _posted.Enqueue((lane, ended));
        Interlocked.MemoryBarrier();
        Wake();
    }

    /// <summary>Any thread: a session is to be opened or closed.</summary>
    public void Post(SessionCommand command)
    {
        _commands.Enqueue(command);
        Interlocked.MemoryBarrier();
        Wake();
    }

    /// <summary>Any thread, after a full barrier: has the shard look at its rings if it sleeps.</summary>
    public void Wake()
    {
        if (Volatile.Read(ref _sleeping) != 0 && Interlocked.Exchange(ref _sleeping, 0) != 0)
            _epoll.Wake();
    }

    /// <summary>Ends the thread, closes every flow, and frees what the shard has. Not from the shard's thread.</summary>
    public void Dispose()
    {
        _stopping = true;
        _epoll.Wake();
        if (_thread.ThreadState.HasFlag(ThreadState.Unstarted))
            Shutdown();
        else
            _thread.Join();
    }

    /// <summary>One round. The shard's thread, or a test in its place.</summary>
    public void Round(bool mayWait)
    {
        _now = Milliseconds();
        RunPosted();
        CloseEnded();
        _wheel.Advance(_now, _idle);
        foreach (var flow in _idle)
            CloseIdle(flow);
        _idle.Clear();
        var isMore = TakeInbound();
        SendRuns();
        ReleaseSlots();
        SendParked();
        var events = _epoll.Wait(mayWait && !isMore ? Sleep() : 0);
        Volatile.Write(ref _sleeping, 0);
        if (events > 0)
            _now = Milliseconds();
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
        FlushLanes();
        foreach (var flow in _closed)
            _flows.Recycle(flow);
        _closed.Clear();
    }

    private void Run()
    {
        try
        {
            while (!_stopping)
                Round(mayWait: true);
        }
        finally
        {
            Shutdown();
        }
    }

    private void RunPosted()
    {
        while (!_posted.IsEmpty && _posted.TryDequeue(out var posted))
        {
            if (!posted.Ended)
            {
                _lanes.Add(posted.Lane);
                continue;
            }
            _lanes.Remove(posted.Lane);
            posted.Lane.HasEnded = true;
            _endedLanes.Add(posted.Lane);
        }
        while (!_commands.IsEmpty && _commands.TryDequeue(out var command))
            Run(command);
    }

    // Announces the sleep before the last look, so that whoever comes after the look wakes.
    private int Sleep()
    {
        Interlocked.Exchange(ref _sleeping, 1);
        if (!_posted.IsEmpty || !_commands.IsEmpty || _endedLanes.Count > 0 || _stopping)
            return 0;
        foreach (var lane in _lanes)
        {
            if (!lane.Inbound.IsEmpty)
                return 0;
        }
        var delay = _wheel.Delay(_now);
        if (_parkedFlows.Count == 0)
            return delay;
        var deadline = (int)_options.WriteDeadline.TotalMilliseconds;
        return delay < 0 ? deadline : Math.Min(delay, deadline);
    }

    private void FlushLanes()
    {
        foreach (var lane in _lanes)
        {
            if (!lane.MustFlush)
                continue;
            lane.MustFlush = false;
            lane.Outbound.Flush();
        }
    }

    private void Shutdown()
    {
        RunPosted();
        foreach (var lane in _lanes.Concat(_endedLanes))
        {
            while (lane.FirstFlow is { } flow)
                Close(flow, failed: false);
        }
        _epoll.Dispose();
        _writer.Dispose();
        _reader.Dispose();
        _parked.Dispose();
    }

    private long Milliseconds() =>
        (long)(_time.GetTimestamp() * (1000.0 / _time.TimestampFrequency));
}
