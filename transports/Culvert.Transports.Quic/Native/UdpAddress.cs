using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using Culvert.Transports.Native;

namespace Culvert.Transports.Quic.Native;

/// <summary>A kernel socket address of either family, by value: no object per packet.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct UdpAddress
{
    public const int Capacity = 28;
    private const int LengthV4 = 16;

    public fixed byte Bytes[Capacity];
    public uint Length;

    public readonly ushort Family
    {
        get
        {
            fixed (byte* bytes = Bytes)
                return *(ushort*)bytes;
        }
    }

    /// <summary>Offset of the IP address in <see cref="Bytes"/> and its length.</summary>
    public readonly (int Offset, int Length) AddressPart => Family == LibcNumbers.AF_INET6 ? (8, 16) : (4, 4);

    public static UdpAddress From(IPEndPoint endPoint, bool mapToV6 = false)
    {
        var result = default(UdpAddress);
        var ip = mapToV6 && endPoint.AddressFamily == AddressFamily.InterNetwork
            ? endPoint.Address.MapToIPv6() : endPoint.Address;
        var v6 = ip.AddressFamily == AddressFamily.InterNetworkV6;
        var bytes = new Span<byte>(result.Bytes, Capacity);
        *(ushort*)result.Bytes = (ushort)(v6 ? LibcNumbers.AF_INET6 : LibcNumbers.AF_INET);
        BinaryPrimitives.WriteUInt16BigEndian(bytes[2..], (ushort)endPoint.Port);
        ip.TryWriteBytes(bytes[(v6 ? 8 : 4)..], out _);
        if (v6)
            *(uint*)(result.Bytes + 24) = (uint)ip.ScopeId;
        result.Length = v6 ? Capacity : (uint)LengthV4;
        return result;
    }

    public static UdpAddress From(void* address, uint length)
    {
        var result = default(UdpAddress);
        result.Length = Math.Min(length, Capacity);
        Buffer.MemoryCopy(address, result.Bytes, Capacity, result.Length);
        return result;
    }

    public readonly IPEndPoint ToEndPoint()
    {
        fixed (byte* start = Bytes)
        {
            var bytes = new ReadOnlySpan<byte>(start, Capacity);
            var port = BinaryPrimitives.ReadUInt16BigEndian(bytes[2..]);
            if (Family != LibcNumbers.AF_INET6)
                return new IPEndPoint(new IPAddress(bytes.Slice(4, 4)), port);
            var ip = new IPAddress(bytes.Slice(8, 16), *(uint*)(start + 24));
            return new IPEndPoint(ip.IsIPv4MappedToIPv6 ? ip.MapToIPv4() : ip, port);
        }
    }

    public readonly bool Matches(void* address, uint length)
    {
        if (length != Length)
            return false;
        fixed (byte* bytes = Bytes)
            return new ReadOnlySpan<byte>(bytes, (int)Length).SequenceEqual(new ReadOnlySpan<byte>(address, (int)length));
    }

    /// <summary>A key for per-peer limits: the IPv4 address, or the /64 network of an IPv6 address.</summary>
    public readonly ulong PeerKey
    {
        get
        {
            fixed (byte* bytes = Bytes)
            {
                if (Family != LibcNumbers.AF_INET6)
                    return *(uint*)(bytes + 4);
                // An IPv4-mapped address has ten zero bytes and 0xffff before the IPv4 address.
                return *(ulong*)(bytes + 8) == 0
                    && *(uint*)(bytes + 16) == 0xffff0000u ? *(uint*)(bytes + 20) : *(ulong*)(bytes + 8);
            }
        }
    }
}
