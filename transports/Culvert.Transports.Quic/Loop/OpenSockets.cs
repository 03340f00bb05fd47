namespace Culvert.Transports.Quic.Loop;

/// <summary>Every UDP socket of the process, so that their counters can be added up. Thread-safe.</summary>
internal static class OpenSockets
{
    private static readonly Lock Gate = new();
    private static readonly List<UdpSocket> Sockets = [];
    private static UdpTraffic _closed;

    public static UdpSocket Add(UdpSocket socket)
    {
        lock (Gate)
            Sockets.Add(socket);
        return socket;
    }

    public static void Remove(UdpSocket socket)
    {
        lock (Gate)
        {
            if (Sockets.Remove(socket))
                _closed += Of(socket);
        }
    }

    public static UdpTraffic Total()
    {
        lock (Gate)
        {
            var total = _closed;
            foreach (var socket in Sockets)
                total += Of(socket);
            return total;
        }
    }

    private static UdpTraffic Of(UdpSocket socket) =>
        new(socket.SendCalls, socket.MessagesSent, socket.PacketsSent, socket.ReceiveCalls, socket.PacketsReceived);
}
