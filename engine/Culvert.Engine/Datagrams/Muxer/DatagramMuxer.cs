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
public sealed class DatagramMuxer
{
    private const int MaxIndexes = 256;

    /// <summary>Most payloads on their way from one connection to another's flows; more are dropped and counted.</summary>
    private const int MaxStrays = 1024;

    private readonly DatagramCounters[] _counters;
    private readonly bool[] _used = new bool[MaxIndexes];
    private readonly Lock _gate = new();
    private readonly List<ConnectionFlows> _connections = [];
    private int _strays;

    /// <summary>Makes a muxer.</summary>
    /// <param name="limiter">Bounds its flows together with those of others.</param>
    /// <param name="dns">Where the reserved destination leads.</param>
    /// <param name="logger">Takes its lines.</param>
    /// <param name="options">Sizes.</param>
    /// <param name="time">The clock of idle periods.</param>
    /// <exception cref="PlatformNotSupportedException">This system is not Linux.</exception>
    /// <exception cref="ArgumentOutOfRangeException">A size is out of its range.</exception>
    public DatagramMuxer(
        FlowLimiter limiter, VirtualDns dns, ILogger logger, DatagramMuxerOptions? options = null, TimeProvider? time = null)
    {
        ArgumentNullException.ThrowIfNull(limiter);
        ArgumentNullException.ThrowIfNull(dns);
        ArgumentNullException.ThrowIfNull(logger);
        if (Missing is { } reason)
            throw new PlatformNotSupportedException(reason);
        Options = options ?? new DatagramMuxerOptions();
        Options.Validate();
        (Limiter, Dns, Logger, Time) = (limiter, dns, logger, time ?? TimeProvider.System);
        _counters = [.. Enumerable.Range(0, MaxIndexes).Select(_ => new DatagramCounters())];
    }

    /// <summary>Why UDP flows cannot be carried here, in one line; null when they can.</summary>
    public static string? Missing =>
        OperatingSystem.IsLinux() ? null : "UDP of private networks is not available on this system: it needs Linux";

    /// <summary>Flows now.</summary>
    public int FlowCount
    {
        get
        {
            lock (_gate)
                return _connections.Sum(connection => connection.Count);
        }
    }

    /// <summary>Answers pings of connections that are attached later; null for nothing. Stays the caller's.</summary>
    public IcmpProxy? Icmp { get; init; }

    /// <summary>Indexes that connections have had.</summary>
    public IEnumerable<byte> UsedIndexes =>
        Enumerable.Range(0, _used.Length).Where(index => _used[index]).Select(index => (byte)index);

    internal DatagramMuxerOptions Options { get; }

    internal FlowLimiter Limiter { get; }

    internal VirtualDns Dns { get; }

    internal ILogger Logger { get; }

    internal TimeProvider Time { get; }

    internal FlowOwners Owners { get; } = new();

    /// <summary>Sends in place of each connection's own; for tests.</summary>
    internal Native.OriginWriter? Writer { get; init; }

    /// <summary>What happened under a connection index.</summary>
    public DatagramCounters Counters(byte index) => _counters[index];

    /// <summary>Serves the datagrams of a connection on its own thread until it ends; then its flows end.</summary>
    /// <param name="connection">A connection whose datagrams nobody else takes.</param>
    /// <param name="index">Its index, for logs and counters.</param>
    /// <exception cref="InvalidOperationException">The connection's datagrams have a receiver already.</exception>
    public void Attach(IDatagramConnection connection, byte index) => Attach(connection, index, sessionEnded: null);

    /// <summary>Serves sessions of version 2 on a connection until it ends; then its sessions end.</summary>
    /// <param name="connection">A connection whose datagrams nobody else takes.</param>
    /// <param name="index">Its index, for logs and counters.</param>
    /// <param name="sessionEnded">
    /// Hears of sessions that end by themselves, and why. Called on the connection's thread, so it must not block.
    /// </param>
    /// <returns>Opens and closes sessions for the edge.</returns>
    /// <exception cref="InvalidOperationException">The connection's datagrams have a receiver already.</exception>
    public ISessionService AttachSessions(IDatagramConnection connection, byte index, Action<Guid, string> sessionEnded)
    {
        ArgumentNullException.ThrowIfNull(sessionEnded);
        return new V2.UdpSessions(Attach(connection, index, sessionEnded));
    }

    internal ConnectionFlows Attach(IDatagramConnection connection, byte index, Action<Guid, string>? sessionEnded)
    {
        ArgumentNullException.ThrowIfNull(connection);
        var flows = new ConnectionFlows(this, connection, index, sessionEnded)
        {
            Icmp = Icmp?.Open(connection, index, _counters[index], isSuffixed: sessionEnded is not null),
        };
        lock (_gate)
            _connections.Add(flows);
        try
        {
            connection.StartDatagrams(flows);
        }
        catch
        {
            Forget(flows);
            flows.Dispose();
            throw;
        }
        _used[index] = true;
        return flows;
    }

    /// <summary>A payload sets out for another connection's flow; false when too many are on their way.</summary>
    internal bool TryBeginStray()
    {
        if (Interlocked.Increment(ref _strays) <= MaxStrays)
            return true;
        Interlocked.Decrement(ref _strays);
        return false;
    }

    /// <summary>It has arrived, or is lost.</summary>
    internal void EndStray() => Interlocked.Decrement(ref _strays);

    /// <summary>The connection has ended.</summary>
    internal void Forget(ConnectionFlows flows)
    {
        lock (_gate)
            _connections.Remove(flows);
    }
}
