using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using Culvert.Transports.Native;
using Culvert.Transports.Quic.Native;

namespace Culvert.Transports.Quic.Loop;

/// <summary>
/// The platform's Socket class, one packet per call: for systems without recvmmsg and UDP_SEGMENT, and for tests.
/// </summary>
internal sealed unsafe class PortableUdpSocket : UdpSocket
{
    private const int Batch = 16;
    private const int MessageBytes = 65_536;

    private readonly Socket _socket;
    private readonly Socket _waker;
    private readonly SocketAddress[] _names = new SocketAddress[Batch];
    private readonly SocketAddress _remoteName;
    private readonly bool _connected;
    private readonly byte* _memory = (byte*)NativeMemory.AlignedAlloc(MessageBytes * Batch, 64);

    public PortableUdpSocket(UdpSocketOptions options)
    {
        _socket = new Socket(options.Local.AddressFamily, SocketType.Dgram, ProtocolType.Udp) { Blocking = false };
        _waker = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp) { Blocking = false };
        try
        {
            if (options.Local.AddressFamily == AddressFamily.InterNetworkV6)
                _socket.DualMode = true;
            if (options.KernelBufferBytes > 0)
                _socket.ReceiveBufferSize = _socket.SendBufferSize = options.KernelBufferBytes;
            _socket.Bind(options.Local);
            if (options.Remote is { } remote)
            {
                _socket.Connect(remote);
                _connected = true;
            }
            _waker.Bind(new IPEndPoint(IPAddress.Loopback, 0));
            _waker.Connect(_waker.LocalEndPoint!);
        }
        catch
        {
            Dispose();
            throw;
        }
        ReceiveBuffer = _socket.ReceiveBufferSize;
        LocalAddress = UdpAddress.From((IPEndPoint)_socket.LocalEndPoint!);
        _remoteName = new SocketAddress(options.Local.AddressFamily);
        Received = new ReceivedMessage[Batch];
        for (var i = 0; i < Batch; i++)
            _names[i] = new SocketAddress(options.Local.AddressFamily);
    }

    public override int Receive()
    {
        var count = 0;
        ReceiveCalls++;
        while (count < Batch)
        {
            var data = _memory + (count * MessageBytes);
            try
            {
                // Asking first keeps the empty socket from costing an exception every round.
                if (_socket.Available == 0)
                    break;
                var length = _socket.ReceiveFrom(new Span<byte>(data, MessageBytes), SocketFlags.None, _names[count]);
                Describe(ref Received[count], data, length, _names[count]);
                count++;
            }
            catch (SocketException)
            {
                break;
            }
        }
        return count;
    }

    public override SendOutcome Send(ref PacketRun run)
    {
        for (; run.Length > 0; run.Data += run.SegmentSize, run.Length -= run.SegmentSize)
        {
            var packet = new ReadOnlySpan<byte>(run.Data, Math.Min(run.SegmentSize, run.Length));
            SendCalls++;
            try
            {
                if (_connected)
                {
                    _socket.Send(packet, SocketFlags.None);
                }
                else
                {
                    WriteName(in run.Remote);
                    _socket.SendTo(packet, SocketFlags.None, _remoteName);
                }
                MessagesSent++;
                PacketsSent++;
            }
            catch (SocketException error)
                when (error.SocketErrorCode is SocketError.WouldBlock or SocketError.NoBufferSpaceAvailable)
            {
                return SendOutcome.Blocked;
            }
            catch (SocketException)
            {
                // Too large for the path, or no route: loss as far as QUIC is concerned.
            }
        }
        return SendOutcome.Sent;
    }

    public override bool Wait(ulong timeout, bool forWriting)
    {
        const ulong longest = 60 * LoopClock.Second;
        List<Socket> readable = [_socket, _waker];
        List<Socket>? writable = forWriting ? [_socket] : null;
        var microseconds = (Math.Min(timeout, longest) + 999) / 1000;
        Socket.Select(readable, writable, null, TimeSpan.FromMicroseconds(microseconds));
        if (!readable.Contains(_waker))
            return true;
        Span<byte> bytes = stackalloc byte[16];
        while (_waker.Available > 0)
            _waker.Receive(bytes);
        return readable.Count > 1;
    }

    public override void Wake()
    {
        try
        {
            _waker.Send([1]);
            WakeCalls++;
        }
        catch (Exception error) when (error is SocketException or ObjectDisposedException)
        {
            // A full waker is awake already, a closed one has nobody to wake.
        }
    }

    protected override void Dispose(bool disposing)
    {
        _socket.Dispose();
        _waker.Dispose();
        NativeMemory.AlignedFree(_memory);
    }

    private void Describe(ref ReceivedMessage message, byte* data, int length, SocketAddress name)
    {
        message.Data = data;
        message.Length = message.SegmentSize = length;
        message.Ecn = 0;
        message.Local = LocalAddress;
        fixed (byte* bytes = name.Buffer.Span)
            message.Remote = UdpAddress.From(bytes, (uint)name.Size);
        // Families have the platform's numbers in its own addresses; everything else here uses Linux' numbers.
        fixed (byte* bytes = message.Remote.Bytes)
            *(ushort*)bytes = (ushort)(name.Family == AddressFamily.InterNetworkV6 ? LibcNumbers.AF_INET6 : LibcNumbers.AF_INET);
    }

    private void WriteName(in UdpAddress remote)
    {
        fixed (byte* bytes = remote.Bytes)
            new ReadOnlySpan<byte>(bytes + 2, (int)remote.Length - 2).CopyTo(_remoteName.Buffer.Span[2..]);
    }
}
