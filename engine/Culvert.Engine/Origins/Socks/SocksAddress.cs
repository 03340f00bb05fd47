using System.Buffers.Binary;
using System.Net;
using System.Text;

namespace Culvert.Engine.Origins.Socks;

/// <summary>An address of a SOCKS5 message (RFC 1928, section 5): an IP address or a name, and a port. Immutable.</summary>
internal sealed record SocksAddress(IPAddress? IP, string Name, int Port)
{
    /// <summary>Largest encoding in bytes: type, length, 255 characters, port.</summary>
    public const int MaxBytes = 259;

    /// <summary>0.0.0.0:0, for replies that have no address.</summary>
    public static readonly SocksAddress None = new(IPAddress.Any, "", 0);

    /// <summary>The address of an IP end point.</summary>
    public static SocksAddress Of(IPEndPoint address) =>
        new(address.Address.IsIPv4MappedToIPv6 ? address.Address.MapToIPv4() : address.Address, "", address.Port);

    /// <summary>Reads an address.</summary>
    /// <param name="bytes">Begins with the type.</param>
    /// <param name="address">The address when it is complete.</param>
    /// <param name="size">Its size in bytes.</param>
    /// <returns>False when more bytes are needed.</returns>
    /// <exception cref="SocksException">The type is unknown.</exception>
    public static bool TryRead(ReadOnlySpan<byte> bytes, out SocksAddress address, out int size)
    {
        (address, size) = (None, 0);
        if (bytes.Length < 2)
        {
            return false;
        }

        var (start, length) = bytes[0] switch
        {
            1 => (1, 4),
            3 => (2, bytes[1]),
            4 => (1, 16),
            _ => throw new SocksException("Unrecognized address type", SocksReplyCode.AddressTypeNotSupported),
        };
        size = start + length + 2;
        if (bytes.Length < size)
        {
            return false;
        }

        var host = bytes.Slice(start, length);
        var port = BinaryPrimitives.ReadUInt16BigEndian(bytes[(start + length)..]);
        address = bytes[0] == 3 ? new(null, Encoding.Latin1.GetString(host), port) : new(new IPAddress(host), "", port);
        return true;
    }

    /// <summary>Writes the address.</summary>
    /// <param name="destination">At least <see cref="MaxBytes"/>.</param>
    /// <returns>Bytes written.</returns>
    public int Write(Span<byte> destination)
    {
        int length;
        if (IP is { } ip)
        {
            ip.TryWriteBytes(destination[1..], out length);
            destination[0] = length == 4 ? (byte)1 : (byte)4;
            length++;
        }
        else
        {
            (destination[0], destination[1]) = (3, (byte)Name.Length);
            length = 2 + Encoding.Latin1.GetBytes(Name, destination[2..]);
        }

        BinaryPrimitives.WriteUInt16BigEndian(destination[length..], (ushort)Port);
        return length + 2;
    }

    /// <inheritdoc/>
    public override string ToString() => IP is null ? $"{Name}:{Port}" : new IPEndPoint(IP, Port).ToString();
}
