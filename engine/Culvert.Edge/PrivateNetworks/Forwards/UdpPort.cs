using System.Net;
using System.Net.Sockets;
using Culvert.Engine.Datagrams.Native;

namespace Culvert.Edge.PrivateNetworks.Forwards;

/// <summary>
/// A UDP port with a thread of its own (Linux): many datagrams come with one system call, and answers leave from the address that
/// the client sent to, however many the host has. Nothing is allocated for a datagram.
/// </summary>
internal sealed class UdpPort : IDisposable
{
    /// <summary>Asked of the kernel, which may give less: bursts wait there.</summary>
    private const int KernelBufferBytes = 4 * 1024 * 1024;

    private readonly Socket _socket;
    private readonly SafeSocketHandle _handle;
    private readonly UdpPeerReader _reader;
    private readonly EpollSet _events = new();
    private readonly Thread _thread;
    private readonly DatagramArrival _arrived;
    private readonly Action _batchEnded;
    private volatile bool _stopping;

    /// <param name="listen">Where clients come; IPv6 addresses are for IPv6 alone.</param>
    /// <param name="arrived">Takes each datagram, on the port's thread.</param>
    /// <param name="batchEnded">Called after all that came together.</param>
    /// <exception cref="SocketException">The port cannot be bound.</exception>
    public UdpPort(IPEndPoint listen, DatagramArrival arrived, Action batchEnded)
    {
        (_arrived, _batchEnded) = (arrived, batchEnded);
        _socket = new Socket(listen.AddressFamily, SocketType.Dgram, ProtocolType.Udp)
        {
            Blocking = false,
            ReceiveBufferSize = KernelBufferBytes,
        };
        _handle = _socket.SafeHandle;
        try
        {
            // Before the port is bound: the first datagram has to come with its address too.
            UdpPeerSocket.AskForAddresses(_socket);
            _socket.Bind(listen);
            if (!_events.TryAdd((int)_handle.DangerousGetHandle(), 0))
            {
                throw new SocketException((int)SocketError.NoBufferSpaceAvailable, "the system watches no more sockets");
            }
        }
        catch
        {
            _events.Dispose();
            _socket.Dispose();
            throw;
        }

        LocalEndPoint = (IPEndPoint)_socket.LocalEndPoint!;
        _reader = new UdpPeerReader(listen.AddressFamily == AddressFamily.InterNetworkV6);
        _thread = new Thread(Run) { IsBackground = true, Name = $"udp {LocalEndPoint}" };
    }

    public IPEndPoint LocalEndPoint { get; }

    public void Start() => _thread.Start();

    /// <summary>Hands over what waits. The port's thread's alone.</summary>
    public void Receive()
    {
        int count;
        do
        {
            count = _reader.Read((int)_handle.DangerousGetHandle());
            for (var i = 0; i < count; i++)
            {
                _arrived(_reader.Peer(i), _reader.Payload(i));
            }
        }
        while (count == UdpPeerReader.MaxMessages);

        _batchEnded();
    }

    /// <summary>Sends to a client from the address it knows. Any thread; what the system does not take is lost.</summary>
    public void Send(in UdpPeer peer, ReadOnlySpan<byte> payload)
    {
        var isHeld = false;
        try
        {
            _handle.DangerousAddRef(ref isHeld);
            UdpPeerSocket.Send((int)_handle.DangerousGetHandle(), peer, payload);
        }
        catch (ObjectDisposedException)
        {
            // The node stops.
        }
        finally
        {
            if (isHeld)
            {
                _handle.DangerousRelease();
            }
        }
    }

    /// <summary>Closes the port and waits for its thread.</summary>
    public void Dispose()
    {
        _stopping = true;
        _events.Wake();
        if (!_thread.ThreadState.HasFlag(ThreadState.Unstarted))
        {
            _thread.Join();
        }

        _events.Dispose();
        _socket.Dispose();
        _reader.Dispose();
    }

    // Level-triggered: what a round leaves is told again.
    private void Run()
    {
        while (!_stopping)
        {
            var events = _events.Wait(-1);
            for (var i = 0; i < events; i++)
            {
                if (_events.Event(i, out _, out _) >= 0 && !_stopping)
                {
                    Receive();
                }
            }
        }
    }
}

/// <summary>Takes a client's datagram, which is borrowed for the call.</summary>
internal delegate void DatagramArrival(in UdpPeer from, ReadOnlySpan<byte> payload);
