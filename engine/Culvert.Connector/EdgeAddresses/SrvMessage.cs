using System.Buffers.Binary;
using System.Text;

namespace Culvert.Connector.EdgeAddresses;

/// <summary>
/// The messages of one DNS question for a service, as they go over TLS (RFC 1035, sections 4.1 and 4.2.2; RFC 2782). Strict: a
/// message that is cut short or points forward is refused.
/// </summary>
internal static class SrvMessage
{
    private const int HeaderLength = 12;
    private const ushort TypeSrv = 33;
    private const ushort ClassInternet = 1;
    private const int LongestName = 255;

    /// <summary>Writes a question, with the two bytes of length before it.</summary>
    /// <exception cref="ArgumentException">The name has an empty or overlong label, or is too long.</exception>
    public static byte[] WriteQuestion(ushort id, string name)
    {
        var message = new List<byte>(64) { 0, 0, (byte)(id >> 8), (byte)id, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0 };
        foreach (var label in name.TrimEnd('.').Split('.'))
        {
            var bytes = Encoding.ASCII.GetBytes(label);
            if (bytes.Length is 0 or > 63)
            {
                throw new ArgumentException($"'{name}' is no domain name", nameof(name));
            }

            message.Add((byte)bytes.Length);
            message.AddRange(bytes);
        }

        message.AddRange([0, 0, (byte)TypeSrv, 0, (byte)ClassInternet]);
        if (message.Count - HeaderLength - 6 > LongestName)
        {
            throw new ArgumentException($"'{name}' is too long for a domain name", nameof(name));
        }

        var whole = message.ToArray();
        BinaryPrimitives.WriteUInt16BigEndian(whole, (ushort)(whole.Length - 2));
        return whole;
    }

    /// <summary>Reads an answer, without the two bytes of length.</summary>
    /// <exception cref="FormatException">It is no answer to that question, or the server reports an error.</exception>
    public static IReadOnlyList<SrvRecord> ReadAnswer(ReadOnlySpan<byte> message, ushort id)
    {
        if (message.Length < HeaderLength || UInt16(message, 0) != id || (message[2] & 0x80) == 0)
        {
            throw new FormatException("the message is no answer to the question");
        }

        if ((message[3] & 0x0F) is var code and not 0)
        {
            throw new FormatException($"the server answered with error {code}");
        }

        var at = HeaderLength;
        for (var question = UInt16(message, 4); question > 0; question--)
        {
            _ = ReadName(message, ref at);
            at += 4;
        }

        var records = new List<SrvRecord>();
        for (var answer = UInt16(message, 6); answer > 0; answer--)
        {
            _ = ReadName(message, ref at);
            var (type, @class, length) = (UInt16(message, at), UInt16(message, at + 2), UInt16(message, at + 8));
            var data = at + 10;
            at = data + length;
            if (at > message.Length)
            {
                throw new FormatException("the message is cut short");
            }

            if (type == TypeSrv && @class == ClassInternet)
            {
                var target = data + 6;
                records.Add(new SrvRecord(
                    UInt16(message, data), UInt16(message, data + 2), UInt16(message, data + 4), ReadName(message, ref target)));
                if (target != at)
                {
                    throw new FormatException("a record has another length than it says");
                }
            }
        }

        return records;
    }

    private static ushort UInt16(ReadOnlySpan<byte> message, int at) => at + 2 <= message.Length
        ? BinaryPrimitives.ReadUInt16BigEndian(message[at..]) : throw new FormatException("the message is cut short");

    // A pointer may only lead backwards, so that every name ends.
    private static string ReadName(ReadOnlySpan<byte> message, ref int at)
    {
        var name = new StringBuilder();
        var (position, end, limit) = (at, -1, at);
        while (true)
        {
            var length = position < message.Length ? message[position] : throw new FormatException("the message is cut short");
            if (length == 0)
            {
                at = end < 0 ? position + 1 : end;
                return name.ToString();
            }

            if (length >= 0xC0)
            {
                var target = UInt16(message, position) & 0x3FFF;
                end = end < 0 ? position + 2 : end;
                position = target < limit ? target : throw new FormatException("a name points forward");
                limit = target;
                continue;
            }

            if (length > 63 || position + 1 + length > message.Length || name.Length + length > LongestName)
            {
                throw new FormatException("a name has an overlong label");
            }

            name.Append(Encoding.ASCII.GetString(message.Slice(position + 1, length))).Append('.');
            position += 1 + length;
        }
    }
}
