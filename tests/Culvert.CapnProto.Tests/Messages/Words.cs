using System.Buffers.Binary;
using Culvert.CapnProto.Messages;

namespace Culvert.CapnProto.Tests.Messages;

/// <summary>Frames written word by word.</summary>
internal static class Words
{
    public static byte[] Frame(params ulong[][] segments)
    {
        var header = new byte[((segments.Length / 2) + 1) * 8];
        BinaryPrimitives.WriteInt32LittleEndian(header, segments.Length - 1);
        for (var i = 0; i < segments.Length; i++)
        {
            BinaryPrimitives.WriteInt32LittleEndian(header.AsSpan(4 * (i + 1)), segments[i].Length);
        }

        return [.. header, .. segments.SelectMany(s => s).SelectMany(BitConverter.GetBytes)];
    }

    public static MessageReader Open(params ulong[][] segments) => Open(null, segments);

    public static MessageReader Open(MessageLimits? limits, params ulong[][] segments)
    {
        var message = new MessageReader(limits);
        message.Open(Frame(segments));
        return message;
    }

    public static ulong Struct(int offset, ushort data, ushort pointers) =>
        PointerWord.Struct(offset, new StructSize(data, pointers)).Bits;

    public static ulong List(int offset, ElementSize element, int count) => PointerWord.List(offset, element, count).Bits;

    public static ulong Far(uint segment, uint word, bool isDouble = false) =>
        2UL | (isDouble ? 4UL : 0) | (ulong)word << 3 | (ulong)segment << 32;

    public static ulong Text(string eight) => BitConverter.ToUInt64([.. eight.PadRight(8, '\0').Select(c => (byte)c)]);
}
