using System.Net;
using System.Net.Sockets;
using Culvert.Edge.PrivateNetworks.Flows;
using Culvert.Engine.Datagrams.Icmp;
using Microsoft.Extensions.Logging;

namespace Culvert.Edge.PrivateNetworks.Forwards;

/// <summary>
/// Tells UDP clients that their destination cannot be reached, as a host tells of a closed port: ICMP type 3 code 3 (RFC 792), of
/// IPv6 type 1 code 4 (RFC 4443). It needs raw sockets; without them clients hear nothing. Thread-safe.
/// </summary>
internal sealed partial class UnreachableReplies : IDisposable
{
    /// <summary>Replies of the node in a second; RFC 1812 (4.3.2.8) wants a limit, and Linux has the same.</summary>
    public const int MaxPerSecond = 1000;

    private readonly Lock _gate = new();
    private readonly FlowCounters _counters;
    private readonly TimeProvider _time;
    private readonly Socket? _v4;
    private readonly Socket? _v6;
    private long _second;
    private int _sent;

    /// <summary>Opens the sockets, or logs why clients will not be told.</summary>
    public UnreachableReplies(FlowCounters counters, TimeProvider time, ILogger logger)
    {
        (_counters, _time, _second) = (counters, time, time.GetTimestamp());
        try
        {
            _v4 = Open(AddressFamily.InterNetwork);
            _v6 = Socket.OSSupportsIPv6 ? Open(AddressFamily.InterNetworkV6) : null;
        }
        catch (SocketException e)
        {
            LogMissing(logger, e.Message);
        }
    }

    /// <summary>Sends one, unless there were too many in this second or the system does not allow it.</summary>
    /// <param name="client">Who sent, and the address it sent to.</param>
    /// <param name="port">The port it sent to.</param>
    /// <param name="length">Bytes of the payload that did not get there.</param>
    public void Send(in UdpPeer client, int port, int length)
    {
        if ((client.IsV6 ? _v6 : _v4) is not { } socket || client.Local == 0 || !TryTake())
        {
            return;
        }

        Span<byte> from = stackalloc byte[client.AddressLength];
        client.Write(client.Local, from);
        Span<byte> to = stackalloc byte[client.AddressLength];
        client.Write(client.Address, to);
        Span<byte> packet = stackalloc byte[IcmpWriter.MaxUnreachable];
        packet = packet[..IcmpWriter.WritePortUnreachable(packet, from, (ushort)port, to, client.Port, length)];
        try
        {
            socket.SendTo(packet, SocketFlags.None, new IPEndPoint(client.ToAddress(), 0));
            _counters.CountUnreachable();
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // A firewall, a full queue, or the node stops: the client times out, as without it.
        }
    }

    public void Dispose()
    {
        _v4?.Dispose();
        _v6?.Dispose();
    }

    // Of a protocol that nothing is received of; packets are written whole, so that each has the source it needs.
    private static Socket Open(AddressFamily family) => new(family, SocketType.Raw, ProtocolType.Raw) { Blocking = false };

    private bool TryTake()
    {
        lock (_gate)
        {
            if (_time.GetElapsedTime(_second) >= TimeSpan.FromSeconds(1))
            {
                (_second, _sent) = (_time.GetTimestamp(), 0);
            }

            return _sent++ < MaxPerSecond;
        }
    }

    [LoggerMessage(
        Level = LogLevel.Warning, Message = "UDP clients are not told of destinations that cannot be reached: the system"
        + " allows no raw socket, which takes CAP_NET_RAW {error}")]
    private static partial void LogMissing(ILogger logger, string error);
}
