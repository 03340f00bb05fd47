using System.Buffers;
using System.Threading.Channels;
using Culvert.Engine.Datagrams.Muxer;
using Culvert.Engine.Datagrams.V2;
using Culvert.Engine.Datagrams.V3;
using Culvert.Transports.Datagrams;

namespace Culvert.Engine.Datagrams.Icmp;

/// <summary>
/// The ICMP packets of one connection: a queue that never keeps the connection's thread waiting, one task that empties it,
/// and the way back. Thread-safe.
/// </summary>
internal sealed class IcmpConnection
{
    // The longest packet, and the longest suffix.
    private const int LongestDatagram = DatagramSizes.MaxPacket + 1 + SuffixedDatagram.TraceIdentityLength;

    private readonly IcmpProxy _proxy;
    private readonly IDatagramSender _sender;
    private readonly Lock _gate = new();
    private readonly bool _isSuffixed;
    private readonly Channel<ArraySegment<byte>> _queue;

    public IcmpConnection(IcmpProxy proxy, IDatagramConnection connection, byte index, DatagramCounters counters, bool isSuffixed)
    {
        _proxy = proxy;
        _sender = connection.OpenDatagramSender();
        _isSuffixed = isSuffixed;
        Index = index;
        Counters = counters;
        _queue = Channel.CreateBounded<ArraySegment<byte>>(new BoundedChannelOptions(proxy.Options.QueueLength)
        {
            SingleReader = true,
            SingleWriter = true,
        });
        Running = RunAsync(connection.ClosedToken);
    }

    /// <summary>Label in logs and counters.</summary>
    public byte Index { get; }

    public DatagramCounters Counters { get; }

    /// <summary>Ends with the connection.</summary>
    public Task Running { get; }

    /// <summary>Whether a datagram is one for <see cref="Take"/>.</summary>
    public bool Wants(ReadOnlySpan<byte> datagram) => !datagram.IsEmpty && (_isSuffixed
        ? datagram[^1] is (byte)SuffixType.Packet or (byte)SuffixType.TracedPacket : datagram[0] == (byte)DatagramType.Icmp);

    /// <summary>Queues a copy of a datagram. The connection's thread.</summary>
    public void Take(ReadOnlySpan<byte> datagram)
    {
        if (!TryFind(datagram, out var packet, out var error))
        {
            _proxy.Unreadable(this, error);
            return;
        }
        var buffer = ArrayPool<byte>.Shared.Rent(LongestDatagram);
        packet.CopyTo(buffer);
        if (_queue.Writer.TryWrite(new ArraySegment<byte>(buffer, 0, packet.Length)))
            return;
        ArrayPool<byte>.Shared.Return(buffer);
        Counters.IcmpDropped(isFull: true);
        _proxy.QueueFull(this);
    }

    /// <summary>Sends a packet to the edge.</summary>
    /// <returns>False when it is dropped.</returns>
    public bool TrySend(ReadOnlySpan<byte> packet)
    {
        if (packet.Length > DatagramSizes.MaxPacket)
            return false;
        Span<byte> datagram = stackalloc byte[LongestDatagram];
        int length;
        if (_isSuffixed)
        {
            packet.CopyTo(datagram);
            length = SuffixedDatagram.Append(datagram, packet.Length, SuffixType.Packet, default);
        }
        else
        {
            length = IcmpDatagram.Write(datagram, packet);
        }
        lock (_gate)
        {
            if (!_sender.TrySend(datagram[..length]))
                return false;
            _sender.Flush();
            return true;
        }
    }

    private bool TryFind(ReadOnlySpan<byte> datagram, out ReadOnlySpan<byte> packet, out string error)
    {
        error = "";
        if (!_isSuffixed)
        {
            var fault = IcmpDatagram.Read(datagram, out packet);
            if (fault != DatagramFault.None)
                error = fault.Describe();
            return fault == DatagramFault.None;
        }
        var isRead = SuffixedDatagram.Read(datagram, out var suffixed) == SuffixFault.None
            && suffixed.Content.Length <= DatagramSizes.MaxPacket;
        packet = suffixed.Content;
        if (!isRead)
            error = $"packet of {datagram.Length} bytes is cut or too long";
        return isRead;
    }

    private async Task RunAsync(CancellationToken closed)
    {
        try
        {
            while (await _queue.Reader.WaitToReadAsync(closed).ConfigureAwait(false))
            {
                while (_queue.Reader.TryRead(out var packet))
                {
                    _proxy.Handle(this, packet);
                    ArrayPool<byte>.Shared.Return(packet.Array!);
                }
            }
        }
        catch (OperationCanceledException)
        {
            // The connection has ended; its pings end by being idle, or move to the next one.
        }
    }
}
