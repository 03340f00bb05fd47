using System.Net;
using System.Net.Sockets;

namespace Culvert.Transports.Quic.Tests.Faults;

/// <summary>A UDP path with delay, loss and reordering, in user space: for kernels and users without netem.</summary>
internal sealed class ImpairedRelay : IDisposable
{
    private readonly Socket _inner = new(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
    private readonly Socket _outer = new(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
    private readonly Thread[] _threads;
    private readonly TimeSpan _delay;
    private readonly double _loss;
    private readonly double _reorder;
    private volatile EndPoint? _client;
    private volatile bool _stopping;

    public ImpairedRelay(IPEndPoint server, TimeSpan delay, double loss, double reorder)
    {
        _delay = delay;
        _loss = loss;
        _reorder = reorder;
        foreach (var socket in new[] { _inner, _outer })
        {
            socket.ReceiveBufferSize = socket.SendBufferSize = 8 * 1024 * 1024;
            socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        }
        _outer.Connect(server);
        _threads = [new Thread(() => Pump(_inner, true, 1)), new Thread(() => Pump(_outer, false, 2))];
        foreach (var thread in _threads)
            thread.Start();
    }

    public IPEndPoint EndPoint => (IPEndPoint)_inner.LocalEndPoint!;

    /// <summary>From now on nothing passes.</summary>
    public bool IsBlackedOut { get; set; }

    public void Dispose()
    {
        _stopping = true;
        foreach (var thread in _threads)
            thread.Join();
        _inner.Dispose();
        _outer.Dispose();
    }

    private void Pump(Socket from, bool toServer, int seed)
    {
        var random = new Random(seed);
        var held = new PriorityQueue<byte[], long>();
        var buffer = new byte[65536];
        EndPoint sender = new IPEndPoint(IPAddress.Any, 0);
        while (!_stopping)
        {
            var now = TimeProvider.System.GetTimestamp();
            var wait = 1000L;
            while (held.TryPeek(out var packet, out var due))
            {
                if (due > now)
                {
                    wait = Math.Min(wait, (due - now) / 1000);
                    break;
                }
                held.Dequeue();
                Send(packet, toServer);
            }
            // The microseconds of a poll round up; a socket with packets answers at once.
            for (var i = 0; i < 64 && from.Poll((int)wait, SelectMode.SelectRead); i++, wait = 0)
            {
                try
                {
                    var length = from.ReceiveFrom(buffer, ref sender);
                    if (toServer)
                        _client = sender;
                    if (IsBlackedOut || random.NextDouble() < _loss)
                        continue;
                    var delay = random.NextDouble() < _reorder ? TimeSpan.Zero : _delay;
                    held.Enqueue(buffer[..length], TimeProvider.System.GetTimestamp() + (delay.Ticks * 100));
                }
                catch (SocketException)
                {
                    // A closed peer's ICMP error.
                }
            }
        }
    }

    private void Send(byte[] packet, bool toServer)
    {
        try
        {
            if (toServer)
                _outer.Send(packet);
            else if (_client is { } client)
                _inner.SendTo(packet, client);
        }
        catch (SocketException)
        {
            // Lost, as on any network.
        }
    }
}
