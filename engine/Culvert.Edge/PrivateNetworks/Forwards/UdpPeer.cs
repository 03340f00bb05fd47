using System.Buffers.Binary;
using System.Net;

namespace Culvert.Edge.PrivateNetworks.Forwards;

/// <summary>A client of a UDP port, and the address it sent to: answers have to come from there.</summary>
/// <param name="Address">The client's; an IPv4 address is in the low 32 bits.</param>
/// <param name="Port">The client's.</param>
/// <param name="Local">The address it sent to; 0 when it is no host's.</param>
/// <param name="Interface">Index of the network interface for an address of a link, else 0.</param>
/// <param name="IsV6">The family of both addresses.</param>
internal readonly record struct UdpPeer(UInt128 Address, ushort Port, UInt128 Local, int Interface, bool IsV6)
{
    /// <summary>Bytes of an address of its family.</summary>
    public int AddressLength => IsV6 ? 16 : 4;

    /// <summary>Reads an address in network order, 4 or 16 bytes.</summary>
    public static UInt128 Read(ReadOnlySpan<byte> address) => address.Length == 4
        ? BinaryPrimitives.ReadUInt32BigEndian(address) : BinaryPrimitives.ReadUInt128BigEndian(address);

    /// <summary>Writes an address of its family in network order.</summary>
    public void Write(UInt128 address, Span<byte> destination)
    {
        if (IsV6)
        {
            BinaryPrimitives.WriteUInt128BigEndian(destination, address);
        }
        else
        {
            BinaryPrimitives.WriteUInt32BigEndian(destination, (uint)address);
        }
    }

    /// <summary>The client's address as an object.</summary>
    public IPAddress ToAddress()
    {
        Span<byte> bytes = stackalloc byte[AddressLength];
        Write(Address, bytes);
        return Interface == 0 ? new IPAddress(bytes) : new IPAddress(bytes, Interface);
    }
}
