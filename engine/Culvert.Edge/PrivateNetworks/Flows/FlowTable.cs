using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Security.Cryptography;
using Culvert.Edge.Tunnels;

namespace Culvert.Edge.PrivateNetworks.Flows;

/// <summary>The UDP flows of an edge node, by the id that connectors know them under, and their clock. Thread-safe.</summary>
internal sealed class FlowTable : IAsyncDisposable
{
    private const int TicksPerSweep = 10;

    private static readonly TimeSpan TickLength = TimeSpan.FromMilliseconds(100);

    private readonly TimeProvider _time;
    private readonly ConcurrentDictionary<UInt128, TunnelFlow> _flows = new();
    private readonly ConcurrentDictionary<TunnelFlow, bool> _watched = new();
    private readonly SemaphoreSlim _opened = new(0);
    private readonly CancellationTokenSource _stopping = new();
    private Task _running = Task.CompletedTask;
    private int _count;
    private int _queued;
    private int _ticks;

    public FlowTable(FlowOptions options, TimeProvider time)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(options.IdleTimeout, TimeSpan.FromSeconds(1), nameof(options));
        Options = options;
        _time = time;
    }

    public FlowOptions Options { get; }

    public FlowCounters Counters { get; } = new();

    /// <summary>Calls about sessions of version 2.</summary>
    public SessionCalls Calls { get; } = new();

    /// <summary>Flows now.</summary>
    public int Count => Volatile.Read(ref _count);

    /// <summary>Datagrams that wait for an answer now.</summary>
    public int Queued => Volatile.Read(ref _queued);

    /// <summary>Takes ICMP packets of connectors; null for nobody.</summary>
    public Pings.PingRelay? Pings { get; set; }

    /// <summary>Milliseconds of a clock that only goes forward.</summary>
    public long Now => (long)(_time.GetTimestamp() * (1000.0 / _time.TimestampFrequency));

    /// <summary>Starts the clock.</summary>
    public void Start() => _running = RunAsync();

    /// <summary>Begins a flow; a connector hears of it with its first datagram.</summary>
    /// <returns>Null when there are too many.</returns>
    public TunnelFlow? Open(Tunnel tunnel, PrivateDestination destination, IFlowClient client)
    {
        if (Interlocked.Increment(ref _count) > Options.MaxFlows)
        {
            Interlocked.Decrement(ref _count);
            Counters.CountDropped();
            return null;
        }

        var flow = new TunnelFlow(this, NewId(), tunnel, destination, client);
        _flows[flow.Id] = flow;
        Counters.CountOpened();
        if (_opened.CurrentCount == 0)
        {
            _opened.Release();
        }

        return flow;
    }

    /// <summary>The flow that a connector's datagram is for. Null, counted, when no flow of that connector has the id.</summary>
    public TunnelFlow? Find(UInt128 id, FlowCarrier carrier)
    {
        if (_flows.TryGetValue(id, out var flow) && flow.BelongsTo(carrier))
        {
            return flow;
        }

        Counters.CountUnknown();
        return null;
    }

    /// <summary>
    /// A connection of a tunnel: at first one of the same connector process, but under another index, for it may not have noticed
    /// yet that this one has ended; then another of the process; then any that speaks version 3; then any.
    /// </summary>
    /// <param name="tunnel">Its connections are asked.</param>
    /// <param name="old">The one there was; one of the same process, but under another index, is preferred. It is not
    /// taken unless it is the only one and still open.</param>
    /// <param name="sameConnector">False for one of another process only.</param>
    public static FlowCarrier? Pick(Tunnel tunnel, FlowCarrier? old, bool sameConnector)
    {
        FlowCarrier? best = null;
        var (bestRank, equals) = (0, 0);
        foreach (var connection in tunnel.Connections)
        {
            if (connection.Flows is not { IsOpen: true, IsDraining: false } carrier
                || (!sameConnector && carrier.ConnectorId == old?.ConnectorId))
            {
                continue;
            }

            var rank = Rank(carrier, old);
            equals = rank == bestRank ? equals + 1 : 1;
            if (rank > bestRank || (rank == bestRank && Random.Shared.Next(equals) == 0))
            {
                (best, bestRank) = (carrier, rank);
            }
        }

        return best;
    }

    /// <summary>Gives a flow another id.</summary>
    public UInt128 Rename(TunnelFlow flow)
    {
        var id = NewId();
        _flows[id] = flow;
        _flows.TryRemove(flow.Id, out _);
        return id;
    }

    public void Remove(TunnelFlow flow)
    {
        _watched.TryRemove(flow, out _);
        if (_flows.TryRemove(flow.Id, out _))
        {
            Interlocked.Decrement(ref _count);
        }
    }

    public void Watch(TunnelFlow flow) => _watched[flow] = true;

    public void StopWatching(TunnelFlow flow) => _watched.TryRemove(flow, out _);

    public void CarrierEnded(FlowCarrier carrier)
    {
        foreach (var (_, flow) in _flows)
        {
            flow.CarrierEnded(carrier);
        }
    }

    public bool TryTakeRoom()
    {
        if (Interlocked.Increment(ref _queued) <= Options.MaxQueued)
        {
            return true;
        }

        Interlocked.Decrement(ref _queued);
        return false;
    }

    public void ReturnRoom() => Interlocked.Decrement(ref _queued);

    /// <summary>A tenth of a second has passed.</summary>
    internal void Tick()
    {
        var now = Now;
        foreach (var (flow, _) in _watched)
        {
            flow.Retry(now);
        }

        if (++_ticks % TicksPerSweep != 0)
        {
            return;
        }

        foreach (var (_, flow) in _flows)
        {
            flow.Sweep(now);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync().ConfigureAwait(false);
        await _running.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        foreach (var (_, flow) in _flows)
        {
            flow.End();
        }

        await Calls.DisposeAsync().ConfigureAwait(false);
        _stopping.Dispose();
        _opened.Dispose();
    }

    private static int Rank(FlowCarrier carrier, FlowCarrier? old)
    {
        if (carrier == old)
        {
            return 1;
        }

        if (old is { FlowsMayMove: true } && carrier.FlowsMayMove && carrier.ConnectorId == old.ConnectorId)
        {
            return carrier.Index == old.Index ? 4 : 5;
        }

        return carrier.FlowsMayMove ? 3 : 2;
    }

    // Unpredictable: a payload with a known id would be taken on any connection of the process.
    private static UInt128 NewId()
    {
        Span<byte> bytes = stackalloc byte[16];
        RandomNumberGenerator.Fill(bytes);
        return BinaryPrimitives.ReadUInt128BigEndian(bytes);
    }

    private async Task RunAsync()
    {
        while (true)
        {
            if (_flows.IsEmpty)
            {
                await _opened.WaitAsync(_stopping.Token).ConfigureAwait(false);
            }

            await Task.Delay(TickLength, _time, _stopping.Token).ConfigureAwait(false);
            Tick();
        }
    }
}
