using System.Buffers.Binary;
using System.Text;

namespace Culvert.Engine.Tests.Tracing;

/// <summary>Protobuf without a schema, enough to look into spans.</summary>
internal static class ProtobufReader
{
    /// <summary>A field: its number, and its integer or its bytes. Members look into the message that the bytes are.</summary>
    public sealed record Field(int Number, ulong Integer, byte[] Payload)
    {
        public IReadOnlyList<Field> Message(int number) => [.. Read(Payload).Where(field => field.Number == number)];

        public Field Only(int number) => Assert.Single(Message(number));

        public byte[] Bytes(int number) => Only(number).Payload;

        public string Text(int number) => Encoding.UTF8.GetString(Bytes(number));

        public ulong Value(int number) => Only(number).Integer;
    }

    public static IReadOnlyList<Field> Read(byte[] bytes)
    {
        var fields = new List<Field>();
        for (var i = 0; i < bytes.Length;)
        {
            var key = Varint(bytes, ref i);
            var (number, type) = ((int)(key >> 3), (int)(key & 7));
            switch (type)
            {
                case 0:
                    fields.Add(new Field(number, Varint(bytes, ref i), []));
                    break;
                case 1:
                    fields.Add(new Field(number, BinaryPrimitives.ReadUInt64LittleEndian(bytes.AsSpan(i)), []));
                    i += 8;
                    break;
                case 2:
                    var length = (int)Varint(bytes, ref i);
                    fields.Add(new Field(number, 0, bytes[i..(i + length)]));
                    i += length;
                    break;
                case 5:
                    fields.Add(new Field(number, BinaryPrimitives.ReadUInt32LittleEndian(bytes.AsSpan(i)), []));
                    i += 4;
                    break;
                default:
                    throw new InvalidDataException($"wire type {type}");
            }
        }

        return fields;
    }

    private static ulong Varint(byte[] bytes, ref int i)
    {
        var value = 0UL;
        for (var shift = 0; ; shift += 7)
        {
            var next = bytes[i++];
            value |= (ulong)(next & 127) << shift;
            if ((next & 128) == 0)
            {
                return value;
            }
        }
    }
}
