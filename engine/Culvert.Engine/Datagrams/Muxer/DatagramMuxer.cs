using Culvert.Engine.Datagrams.Icmp;
using Culvert.Engine.Flows;
using Culvert.Transports.Datagrams;
using Culvert.Transports.Sessions;
using Microsoft.Extensions.Logging;

namespace Culvert.Engine.Datagrams.Muxer;

/// <summary>
/// UDP flows of every connection of a process, by datagrams of version 3 (datagrams, section 5): registrations open connected
/// sockets, payloads go to them, replies come back on the connection that a flow is bound to. Thread-safe. Linux alone.
/// </summary>
public sealed class DatagramMuxer : IDisposable
{
    private readonly DatagramMuxerOptions _options;
    private readonly FlowShard[] _shards;
    private readonly DatagramCounters[] _counters;
    private readonly bool[] _used = new bool[256];
    private readonly Lock _gate = new();
    private bool _hasStarted;
    private bool _isDisposed;

    /// <summary>Makes a muxer; its threads start with the first connection.</summary>
    /// <param name="limiter">Bounds its flows together with those of others.</param>
    /// <param name="dns">Where the reserved destination leads.</param>
    /// <param name="logger">Takes its lines.</param>
    /// <param name="options">Sizes.</param>
    /// <param name="time">The clock of idle periods.</param>
    /// <exception cref="PlatformNotSupportedException">This system is not Linux.</exception>
    /// <exception cref="ArgumentOutOfRangeException">A size is out of its range.</exception>
    public DatagramMuxer(
        FlowLimiter limiter, VirtualDns dns, ILogger logger, DatagramMuxerOptions? options = null, TimeProvider? time = null)
        : this(limiter, dns, logger, options, time, writer: null)
    {
    }

    internal DatagramMuxer(
        FlowLimiter limiter, VirtualDns dns, ILogger logger, DatagramMuxerOptions? options, TimeProvider? time,
        Native.OriginWriter? writer)
    {
        ArgumentNullException.ThrowIfNull(limiter);
        ArgumentNullException.ThrowIfNull(dns);
        ArgumentNullException.ThrowIfNull(logger);
        if (Missing is { } reason)
            throw new PlatformNotSupportedException(reason);
        _options = options ?? new DatagramMuxerOptions();
        _options.Validate();
        _counters = [.. Enumerable.Range(0, 256).Select(_ => new DatagramCounters())];
        _shards = [.. Enumerable.Range(0, _options.Shards).Select(_ => new FlowShard(
            _options, limiter, dns, _counters, logger, time ?? TimeProvider.System, writer))];
    }

    /// <summary>Why UDP flows cannot be carried here, in one line; null when they can.</summary>
    public static string? Missing =>
        OperatingSystem.IsLinux() ? null : "UDP of private networks is not available on this system: it needs Linux";

    /// <summary>Flows now.</summary>
    public int FlowCount => _shards.Sum(shard => shard.FlowCount);

    /// <summary>Answers pings of connections that are attached later; null for nothing. Stays the caller's.</summary>
    public IcmpProxy? Icmp { get; init; }

    /// <summary>Indexes that connections have had.</summary>
    public IEnumerable<byte> UsedIndexes =>
        Enumerable.Range(0, _used.Length).Where(index => _used[index]).Select(index => (byte)index);

    internal IReadOnlyList<FlowShard> Shards => _shards;

    /// <summary>What happened under a connection index.</summary>
    public DatagramCounters Counters(byte index) => _counters[index];

    /// <summary>Serves the datagrams of a connection until it ends; then its flows end.</summary>
    /// <param name="connection">A connection whose datagrams nobody else takes.</param>
    /// <param name="index">Its index, for logs and counters.</param>
    /// <exception cref="InvalidOperationException">The connection's datagrams have a receiver already.</exception>
    /// <exception cref="ObjectDisposedException">The muxer was disposed.</exception>
    public void Attach(IDatagramConnection connection, byte index) => Attach(connection, index, startThreads: true);

    /// <summary>Serves sessions of version 2 on a connection until it ends; then its sessions end.</summary>
    /// <param name="connection">A connection whose datagrams nobody else takes.</param>
    /// <param name="index">Its index, for logs and counters.</param>
    /// <param name="sessionEnded">
    /// Hears of sessions that end by themselves, and why. Called on a thread that serves flows, so it must not block.
    /// </param>
    /// <returns>Opens and closes sessions for the edge.</returns>
    /// <exception cref="InvalidOperationException">The connection's datagrams have a receiver already.</exception>
    /// <exception cref="ObjectDisposedException">The muxer was disposed.</exception>
    public ISessionService AttachSessions(IDatagramConnection connection, byte index, Action<Guid, string> sessionEnded)
    {
        ArgumentNullException.ThrowIfNull(sessionEnded);
        return new V2.UdpSessions(Attach(connection, index, startThreads: true, sessionEnded));
    }

    internal Carrier Attach(
        IDatagramConnection connection, byte index, bool startThreads, Action<Guid, string>? sessionEnded = null)
    {
        ArgumentNullException.ThrowIfNull(connection);
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_isDisposed, this);
            if (startThreads && !_hasStarted)
            {
                _hasStarted = true;
                foreach (var shard in _shards)
                    shard.Start();
            }
        }
        var carrier = new Carrier(connection, index, _counters[index], _shards, _options.InboundSlots, sessionEnded)
        {
            Icmp = Icmp?.Open(connection, index, _counters[index], isSuffixed: sessionEnded is not null),
        };
        _used[index] = true;
        // First: of a connection that has a receiver already nothing may be left behind.
        connection.StartDatagrams(carrier);
        foreach (var lane in carrier.Lanes)
            lane.Shard.Post(lane, ended: false);
        connection.ClosedToken.UnsafeRegister(
            static ended =>
            {
                foreach (var lane in ((Carrier)ended!).Lanes)
                    lane.Shard.Post(lane, ended: true);
            }, carrier);
        return carrier;
    }

    /// <summary>Closes every flow and ends the threads.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            if (_isDisposed)
                return;
            _isDisposed = true;
        }
        foreach (var shard in _shards)
            shard.Dispose();
    }
}
