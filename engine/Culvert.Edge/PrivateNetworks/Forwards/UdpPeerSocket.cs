using System.Buffers.Binary;
using System.Net.Sockets;
using Culvert.Transports.Native;
using static Culvert.Transports.Native.LibcNumbers;

namespace Culvert.Edge.PrivateNetworks.Forwards;

/// <summary>Datagrams from an address of the host's that is chosen for each (IP_PKTINFO and IPV6_PKTINFO of Linux).</summary>
internal static unsafe class UdpPeerSocket
{
    /// <summary>Bytes of the longer kind of socket address.</summary>
    public const int NameBytes = 28;

    /// <summary>Bytes of the longer kind of control message, with its header.</summary>
    public const int ControlBytes = 40;

    private const int NameBytesV4 = 16;
    private const int InfoBytesV4 = 12;
    private const int InfoBytesV6 = 20;

    /// <summary>Has datagrams come with the address they were sent to.</summary>
    public static void AskForAddresses(Socket socket)
    {
        var isV6 = socket.AddressFamily == AddressFamily.InterNetworkV6;
        ReadOnlySpan<byte> on = [1, 0, 0, 0];
        socket.SetRawSocketOption(isV6 ? IPPROTO_IPV6 : IPPROTO_IP, isV6 ? IPV6_RECVPKTINFO : IP_PKTINFO, on);
    }

    /// <summary>Reads who sent a message, and where to.</summary>
    public static UdpPeer Read(in msghdr header, bool isV6)
    {
        var name = (byte*)header.msg_name;
        var port = BinaryPrimitives.ReadUInt16BigEndian(new ReadOnlySpan<byte>(name + 2, 2));
        var address = isV6 ? new ReadOnlySpan<byte>(name + 8, 16) : new ReadOnlySpan<byte>(name + 4, 4);
        UInt128 local = 0;
        var control = (cmsghdr*)header.msg_control;
        if (header.msg_controllen >= (nuint)(sizeof(cmsghdr) + (isV6 ? InfoBytesV6 : InfoBytesV4)))
        {
            // For IPv4 the kernel says which address of the host's answers, even to a broadcast; for IPv6 where it was sent to.
            var info = (byte*)(control + 1);
            var to = isV6 ? new ReadOnlySpan<byte>(info, 16) : new ReadOnlySpan<byte>(info + 4, 4);
            local = isV6 && to[0] == 0xff ? 0 : UdpPeer.Read(to);
        }

        // An address of a link needs it; for others the routes decide.
        var scope = isV6 ? *(int*)(name + 24) : 0;
        return new UdpPeer(UdpPeer.Read(address), port, local, scope, isV6);
    }

    /// <summary>Sends to a peer from the address that it sent to.</summary>
    public static void Send(int fd, in UdpPeer peer, ReadOnlySpan<byte> payload)
    {
        var name = stackalloc byte[NameBytes];
        WriteName(name, peer);
        var control = stackalloc byte[ControlBytes];
        fixed (byte* start = payload)
        {
            var vector = new iovec { iov_base = start, iov_len = (nuint)payload.Length };
            var header = new msghdr
            {
                msg_name = name,
                msg_namelen = peer.IsV6 ? (uint)NameBytes : NameBytesV4,
                msg_iov = &vector,
                msg_iovlen = 1,
            };
            if (peer.Local != 0)
            {
                header.msg_control = control;
                header.msg_controllen = WriteControl(control, peer);
            }

            _ = Libc.sendmsg(fd, &header, MSG_DONTWAIT | MSG_NOSIGNAL);
        }
    }

    private static void WriteName(byte* name, in UdpPeer peer)
    {
        new Span<byte>(name, NameBytes).Clear();
        *(ushort*)name = (ushort)(peer.IsV6 ? AF_INET6 : AF_INET);
        BinaryPrimitives.WriteUInt16BigEndian(new Span<byte>(name + 2, 2), peer.Port);
        peer.Write(peer.Address, new Span<byte>(name + (peer.IsV6 ? 8 : 4), peer.AddressLength));
        if (peer.IsV6)
        {
            *(int*)(name + 24) = peer.Interface;
        }
    }

    private static nuint WriteControl(byte* control, in UdpPeer peer)
    {
        new Span<byte>(control, ControlBytes).Clear();
        var length = sizeof(cmsghdr) + (peer.IsV6 ? InfoBytesV6 : InfoBytesV4);
        *(cmsghdr*)control = new cmsghdr
        {
            cmsg_len = (nuint)length,
            cmsg_level = peer.IsV6 ? IPPROTO_IPV6 : IPPROTO_IP,
            cmsg_type = peer.IsV6 ? IPV6_PKTINFO : IP_PKTINFO,
        };
        var info = control + sizeof(cmsghdr);
        peer.Write(peer.Local, new Span<byte>(info + (peer.IsV6 ? 0 : 4), peer.AddressLength));
        if (peer.IsV6)
        {
            *(int*)(info + 16) = peer.Interface;
        }

        return (nuint)((length + 7) & ~7);
    }
}
