using System.Net;
using System.Net.Sockets;

namespace Culvert.Engine.Datagrams.Icmp;

/// <summary>Who pings whom: the client's address, the destination and the client's echo id.</summary>
internal readonly record struct PingKey(IPAddress Client, IPAddress Destination, ushort EchoId);

/// <summary>One ping: a socket with an echo id of the kernel's, and the connection that replies take. Thread-safe.</summary>
internal sealed class PingFlow : IDisposable
{
    private const int BufferBytes = 1500;

    private readonly IcmpProxy _proxy;
    private readonly Socket _socket;
    private readonly ushort _ownId;
    private readonly CancellationTokenSource _closing = new();
    private IcmpConnection _connection;
    private long _lastActive;

    /// <exception cref="SocketException">There is no socket.</exception>
    public PingFlow(IcmpProxy proxy, PingKey key, IPAddress source, IcmpConnection connection, long now)
    {
        _proxy = proxy;
        Key = key;
        _connection = connection;
        _lastActive = now;
        _socket = PingSocket.Open(source);
        _ownId = (ushort)((IPEndPoint)_socket.LocalEndPoint!).Port;
        Running = ReceiveAsync();
    }

    public PingKey Key { get; }

    /// <summary>Ends with the flow.</summary>
    public Task Running { get; }

    /// <summary>When something was last sent or received, in milliseconds.</summary>
    public long LastActive => Volatile.Read(ref _lastActive);

    /// <summary>The id under which the destination is asked.</summary>
    public ushort OwnId => _ownId;

    /// <summary>Where replies go.</summary>
    public IcmpConnection Connection => Volatile.Read(ref _connection);

    /// <summary>Has replies go to another connection.</summary>
    public void MoveTo(IcmpConnection connection) => Volatile.Write(ref _connection, connection);

    /// <summary>Sends a request; the kernel puts the socket's own id and the checksum into it.</summary>
    /// <exception cref="SocketException">The destination cannot be reached.</exception>
    public void Send(ReadOnlySpan<byte> message, long now)
    {
        Volatile.Write(ref _lastActive, now);
        _socket.SendTo(message, SocketFlags.None, new IPEndPoint(Key.Destination, 0));
    }

    public void Dispose()
    {
        _closing.Cancel();
        _socket.Dispose();
    }

    private async Task ReceiveAsync()
    {
        var buffer = new byte[BufferBytes];
        EndPoint any = new IPEndPoint(
            Key.Destination.AddressFamily == AddressFamily.InterNetworkV6 ? IPAddress.IPv6Any : IPAddress.Any, 0);
        while (!_closing.IsCancellationRequested)
        {
            try
            {
                var received = await _socket.ReceiveFromAsync(buffer, SocketFlags.None, any, _closing.Token)
                    .ConfigureAwait(false);
                Volatile.Write(ref _lastActive, _proxy.Now);
                _proxy.Reply(this, ((IPEndPoint)received.RemoteEndPoint).Address, buffer.AsMemory(0, received.ReceivedBytes));
            }
            catch (SocketException e)
            {
                // Of the network along the way: pings are answered, or not.
                _proxy.ReadFailed(this, e);
            }
            catch (Exception e) when (e is OperationCanceledException or ObjectDisposedException)
            {
                return;
            }
        }
    }
}
