using System.Buffers.Binary;
using System.Text;
using System.Text.Unicode;

namespace Culvert.Engine.Origins.WebSockets;

/// <summary>The payload of close frames (RFC 6455, sections 5.5.1 and 7.4). Pure.</summary>
internal static class CloseStatus
{
    /// <summary>Status for a client that broke the protocol.</summary>
    public const int ProtocolError = 1002;

    /// <summary>Reads the status that a client closes with; null when it gives none.</summary>
    /// <exception cref="WebSocketFormatException">The payload is not valid.</exception>
    public static int? Read(ReadOnlySpan<byte> payload)
    {
        if (payload.IsEmpty)
        {
            return null;
        }

        if (payload.Length == 1)
        {
            throw new WebSocketFormatException("a close frame has half a status");
        }

        int status = BinaryPrimitives.ReadUInt16BigEndian(payload);
        if (status is < 1000 or >= 5000 or 1004 or 1005 or 1006 or (> 1014 and < 3000))
        {
            throw new WebSocketFormatException("a close frame has an invalid status");
        }

        return Utf8.IsValid(payload[2..]) ? status : throw new WebSocketFormatException("a close frame's reason is not UTF-8");
    }

    /// <summary>Writes a payload.</summary>
    /// <param name="destination">At least <see cref="FrameHeader.MaxControlBytes"/>.</param>
    /// <param name="status">The status; null for an empty payload.</param>
    /// <param name="reason">ASCII text, up to 123 characters.</param>
    /// <returns>Bytes written.</returns>
    public static int Write(Span<byte> destination, int? status, string reason = "")
    {
        if (status is not { } number)
        {
            return 0;
        }

        BinaryPrimitives.WriteUInt16BigEndian(destination, (ushort)number);
        return 2 + Encoding.ASCII.GetBytes(reason, destination[2..]);
    }
}
