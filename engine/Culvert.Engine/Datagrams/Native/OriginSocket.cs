using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Culvert.Transports.Native;
using static Culvert.Transports.Native.LibcNumbers;

namespace Culvert.Engine.Datagrams.Native;

/// <summary>
/// Opens connected UDP sockets, one for each flow (datagrams, section 8.2). Every destination is allowed: which ones a client may
/// reach is the edge's to say.
/// </summary>
internal static unsafe class OriginSocket
{
    private const int AddressV4 = 16;
    private const int AddressV6 = 28;

    private static ReadOnlySpan<byte> MappedPrefix => [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff];

    /// <summary>Opens a socket.</summary>
    /// <param name="address">4 or 16 bytes; an IPv4-mapped address is dialled as IPv4.</param>
    /// <param name="port">UDP port.</param>
    /// <param name="coalesces">Whether the kernel may hand several datagrams over as one message.</param>
    /// <returns>The descriptor, or the negative errno.</returns>
    public static int Open(ReadOnlySpan<byte> address, ushort port, bool coalesces = true)
    {
        if (address.Length == 16 && address.StartsWith(MappedPrefix))
            address = address[MappedPrefix.Length..];
        var isV6 = address.Length == 16;
        var fd = Libc.socket(isV6 ? AF_INET6 : AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
        if (fd < 0)
            return -Marshal.GetLastPInvokeError();
        var on = 1;
        // An extra: without it the kernel merely coalesces nothing.
        if (coalesces)
            _ = Libc.setsockopt(fd, SOL_UDP, UDP_GRO, &on, sizeof(int));
        var name = stackalloc byte[AddressV6];
        new Span<byte>(name, AddressV6).Clear();
        *(ushort*)name = (ushort)(isV6 ? AF_INET6 : AF_INET);
        BinaryPrimitives.WriteUInt16BigEndian(new Span<byte>(name + 2, 2), port);
        address.CopyTo(new Span<byte>(name + (isV6 ? 8 : 4), address.Length));
        var length = isV6 ? AddressV6 : (uint)AddressV4;
        if (Libc.connect(fd, name, length) == 0)
            return fd;
        var error = Marshal.GetLastPInvokeError();
        // How the kernel refuses a broadcast that was not asked for; most flows never need the call.
        if (error == EACCES && Libc.setsockopt(fd, SOL_SOCKET, SO_BROADCAST, &on, sizeof(int)) == 0
            && Libc.connect(fd, name, length) == 0)
            return fd;
        _ = Libc.close(fd);
        return -error;
    }
}
