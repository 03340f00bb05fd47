using System.Buffers.Binary;

namespace Culvert.Engine.Tests.Fixtures;

/// <summary>Writes the frames of a WebSocket client, by the letter of RFC 6455, section 5.2, and against it.</summary>
internal static class ClientFrames
{
    private static readonly byte[] Key = [0x11, 0x22, 0x33, 0x44];

    public static byte[] Binary(ReadOnlySpan<byte> payload, bool final = true) => Create(2, payload, final);

    public static byte[] Binary(string payload, bool final = true) =>
        Create(2, System.Text.Encoding.Latin1.GetBytes(payload), final);

    public static byte[] More(string payload, bool final) => Create(0, System.Text.Encoding.Latin1.GetBytes(payload), final);

    public static byte[] Close(int status) => Create(8, [(byte)(status >> 8), (byte)status]);

    public static byte[] Create(int opcode, ReadOnlySpan<byte> payload, bool final = true, bool masked = true)
    {
        var frame = new List<byte> { (byte)((final ? 0x80 : 0) | opcode) };
        var mask = masked ? 0x80 : 0;
        var length = new byte[8];
        if (payload.Length < 126)
        {
            frame.Add((byte)(mask | payload.Length));
        }
        else if (payload.Length < 65536)
        {
            frame.Add((byte)(mask | 126));
            BinaryPrimitives.WriteUInt16BigEndian(length, (ushort)payload.Length);
            frame.AddRange(length[..2]);
        }
        else
        {
            frame.Add((byte)(mask | 127));
            BinaryPrimitives.WriteInt64BigEndian(length, payload.Length);
            frame.AddRange(length);
        }

        if (masked)
        {
            frame.AddRange(Key);
        }

        for (var i = 0; i < payload.Length; i++)
        {
            frame.Add((byte)(payload[i] ^ (masked ? Key[i & 3] : 0)));
        }

        return [.. frame];
    }
}
