using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using Culvert.Engine.Datagrams.Muxer;
using Culvert.Transports.Datagrams;
using Microsoft.Extensions.Logging;

namespace Culvert.Engine.Datagrams.Icmp;

/// <summary>
/// Answers the edge's pings to hosts that this one reaches (datagrams, section 7). Thread-safe. Linux alone, where it needs no
/// privilege but a group that may ping.
/// </summary>
public sealed partial class IcmpProxy : IAsyncDisposable
{
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly IPAddress? _sourceV4;
    private readonly IPAddress? _sourceV6;
    private readonly ConcurrentDictionary<PingKey, PingFlow> _flows = new();
    private readonly ITimer _sweeper;
    private long _logSecond;
    private int _logLines;
    private long _requests;
    private long _replies;

    internal IcmpProxy(IcmpOptions options, IPAddress? sourceV4, IPAddress? sourceV6, TimeProvider time, ILogger logger)
    {
        Options = options;
        _sourceV4 = sourceV4;
        _sourceV6 = sourceV6;
        _time = time;
        _logger = logger;
        _sweeper = time.CreateTimer(
            static proxy => ((IcmpProxy)proxy!).Sweep(), this, options.IdleTimeout, options.IdleTimeout);
    }

    /// <summary><c>cloudflared_icmp_total_requests</c>: echo requests accepted, before they are sent.</summary>
    public long Requests => Volatile.Read(ref _requests);

    /// <summary><c>cloudflared_icmp_total_replies</c>: replies sent to the edge.</summary>
    public long Replies => Volatile.Read(ref _replies);

    /// <summary>Addresses that pings leave from, one of each family that works.</summary>
    public IReadOnlyList<IPAddress> Sources => [.. new[] { _sourceV4, _sourceV6 }.OfType<IPAddress>()];

    /// <summary>Pings now.</summary>
    public int FlowCount => _flows.Count;

    internal IcmpOptions Options { get; }

    internal long Now => (long)(_time.GetTimestamp() * (1000.0 / _time.TimestampFrequency));

    /// <summary>Starts a proxy for the families that the system allows.</summary>
    /// <returns>Null, with the reason logged, when it allows none.</returns>
    public static IcmpProxy? Start(IcmpOptions options, ILogger logger, TimeProvider? time = null)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(logger);
        if ((options.Unusable ?? (OperatingSystem.IsLinux() ? null : "pings of private networks need Linux")) is { } reason)
        {
            LogDisabled(logger, reason);
            return null;
        }
        var v4 = options.SourceV4 ?? IcmpSources.FindV4();
        var v6 = options.SourceV6 ?? IcmpSources.FindV6(v4);
        var (errorV4, errorV6) = (PingSocket.Test(v4), PingSocket.Test(v6));
        if (errorV4 is not null && errorV6 is not null)
        {
            LogDisabled(logger, $"cannot create ICMPv4 proxy: {errorV4} nor ICMPv6 proxy: {errorV6}");
            return null;
        }
        if (errorV4 is null)
            LogSource(logger, v4, 4);
        else
            LogOnlyV6(logger, errorV4);
        if (errorV6 is null)
            LogSource(logger, v6, 6);
        else
            LogOnlyV4(logger, errorV6);
        return new IcmpProxy(
            options, errorV4 is null ? v4 : null, errorV6 is null ? v6 : null, time ?? TimeProvider.System, logger);
    }

    /// <summary>Ends every ping.</summary>
    public async ValueTask DisposeAsync()
    {
        await _sweeper.DisposeAsync().ConfigureAwait(false);
        foreach (var (key, flow) in _flows)
        {
            _flows.TryRemove(key, out _);
            flow.Dispose();
            await flow.Running.ConfigureAwait(false);
        }
        LogTerminated(_logger);
    }

    internal IcmpConnection Open(IDatagramConnection connection, byte index, DatagramCounters counters, bool isSuffixed) =>
        new(this, connection, index, counters, isSuffixed);

    /// <summary>A connection's packet, in a connection's task.</summary>
    internal void Handle(IcmpConnection connection, ReadOnlySpan<byte> bytes)
    {
        if (IcmpPacket.Read(bytes, out var packet) is { } error)
        {
            connection.Counters.IcmpDropped(isFull: false);
            if (MayLog())
                LogUndecodable(_logger, connection.Index, error);
            return;
        }
        var source = packet.IsV6 ? _sourceV6 : _sourceV4;
        if (packet.TimeToLive <= 1)
        {
            ReturnTimeExceeded(connection, packet, source);
            return;
        }
        // The kernel would refuse a reply, and only after a socket was opened for it.
        error = source is null ? $"ICMPv{(packet.IsV6 ? 6 : 4)} proxy was not instantiated"
            : packet.IsEchoRequest ? null : $"expect ICMP echo, got {packet.Type}";
        if (error is null)
        {
            Interlocked.Increment(ref _requests);
            error = Send(connection, packet, source!);
        }
        if (error is null)
            return;
        connection.Counters.IcmpDropped(isFull: false);
        if (MayLog())
        {
            LogNotWritten(
                _logger, connection.Index, error, new IPAddress(packet.Source), new IPAddress(packet.Destination), packet.Type);
        }
    }

    /// <summary>What a ping's socket received, in the ping's task.</summary>
    internal void Reply(PingFlow flow, IPAddress from, ReadOnlyMemory<byte> message)
    {
        var isV6 = flow.Key.Destination.AddressFamily == AddressFamily.InterNetworkV6;
        if (message.Length < IcmpPacket.EchoHeader || message.Span[0] != (isV6 ? 129 : 0))
        {
            LogUnwanted(_logger, message.IsEmpty ? -1 : message.Span[0]);
            return;
        }
        Span<byte> packet = stackalloc byte[IcmpWriter.HeaderLength(isV6) + message.Length];
        message.Span.CopyTo(packet[IcmpWriter.HeaderLength(isV6)..]);
        BinaryPrimitives.WriteUInt16BigEndian(packet[(IcmpWriter.HeaderLength(isV6) + 4)..], flow.Key.EchoId);
        Span<byte> addresses = stackalloc byte[32];
        _ = from.TryWriteBytes(addresses, out var length);
        _ = flow.Key.Client.TryWriteBytes(addresses[16..], out _);
        IcmpWriter.Finish(packet, addresses[..length], addresses.Slice(16, length));
        if (flow.Connection.TrySend(packet))
        {
            Interlocked.Increment(ref _replies);
            LogReplied(_logger, flow.Key.Client, flow.Key.EchoId);
        }
        else if (MayLog())
        {
            LogReplyFailed(_logger, flow.Connection.Index, packet.Length);
        }
    }

    internal void ReadFailed(PingFlow flow, SocketException e)
    {
        if (MayLog())
            LogReadFailed(_logger, flow.Key.Destination, e.Message);
    }

    internal void Unreadable(IcmpConnection connection, string error)
    {
        connection.Counters.Drop(DropReason.Malformed);
        if (MayLog())
            LogUnreadable(_logger, connection.Index, error);
    }

    internal void QueueFull(IcmpConnection connection)
    {
        if (MayLog())
            LogQueueFull(_logger, connection.Index);
    }

    internal void Sweep()
    {
        var oldest = Now - (long)Options.IdleTimeout.TotalMilliseconds;
        foreach (var (key, flow) in _flows)
        {
            if (flow.LastActive <= oldest && _flows.TryRemove(key, out _))
                flow.Dispose();
        }
    }

    private void ReturnTimeExceeded(IcmpConnection connection, in IcmpPacket packet, IPAddress? source)
    {
        Span<byte> address = stackalloc byte[16];
        _ = (source ?? (packet.IsV6 ? IPAddress.IPv6Any : IPAddress.Any)).TryWriteBytes(address, out var length);
        Span<byte> exceeded = stackalloc byte[V3.DatagramSizes.MaxPacket];
        if (!connection.TrySend(exceeded[..IcmpWriter.WriteTimeExceeded(exceeded, address[..length], packet)]) && MayLog())
            LogExceededFailed(_logger, connection.Index);
    }

    // What an outsider can cause as often as it likes must not be written as often.
    private bool MayLog()
    {
        var second = Now / 1000;
        if (Interlocked.Exchange(ref _logSecond, second) != second)
            Volatile.Write(ref _logLines, 0);
        return Interlocked.Increment(ref _logLines) <= Options.LogLinesPerSecond;
    }

    private string? Send(IcmpConnection connection, in IcmpPacket packet, IPAddress source)
    {
        var key = new PingKey(new IPAddress(packet.Source), new IPAddress(packet.Destination), packet.EchoId);
        try
        {
            if (!_flows.TryGetValue(key, out var flow))
            {
                if (_flows.Count >= Options.MaxFlows)
                    return $"{Options.MaxFlows} pings are under way";
                var opened = new PingFlow(this, key, source, connection, Now);
                flow = _flows.GetOrAdd(key, opened);
                if (flow != opened)
                    opened.Dispose();
                LogOpened(_logger, key.Client, key.Destination, key.EchoId, flow.OwnId);
            }
            // The newest connection it comes over is the one that lives.
            if (flow.Connection != connection)
                flow.MoveTo(connection);
            LogRequest(_logger, key.Client, key.Destination, key.EchoId, packet.EchoSequence);
            flow.Send(packet.Message, Now);
            return null;
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            return e.Message;
        }
    }
}
