using System.Buffers;
using Culvert.CapnProto.Messages;

namespace Culvert.CapnProto.Framing;

/// <summary>
/// The packed form of a frame: each word becomes a tag byte with a bit for each byte that is not zero, and those bytes; zero
/// words and words without zeroes run together ("Encoding", Packing).
/// </summary>
public static class PackedEncoder
{
    private const int Word = sizeof(ulong);
    private const int LargestRun = 255;

    /// <summary>Writes a message in packed form, without flushing.</summary>
    /// <param name="message">The message.</param>
    /// <param name="output">Gets the bytes, at most 10 for each 8 of the frame.</param>
    public static void WritePackedFrame(this MessageBuilder message, IBufferWriter<byte> output) =>
        Pack(message.Frame.Span, output);

    /// <summary>Packs words.</summary>
    /// <param name="words">Whole words.</param>
    /// <param name="output">Gets the bytes.</param>
    /// <exception cref="ArgumentException">The length is no multiple of 8.</exception>
    public static void Pack(ReadOnlySpan<byte> words, IBufferWriter<byte> output)
    {
        ArgumentNullException.ThrowIfNull(output);
        if (words.Length % Word != 0)
        {
            throw new ArgumentException("only whole words can be packed", nameof(words));
        }

        while (!words.IsEmpty)
        {
            var span = output.GetSpan(Word + 2);
            var tag = PackWord(words[..Word], span[1..], out var used);
            span[0] = tag;
            words = words[Word..];
            if (tag is not (0 or 0xff))
            {
                output.Advance(1 + used);
                continue;
            }

            var run = Run(words, tag);
            span[1 + used] = (byte)run;
            output.Advance(2 + used);
            if (tag == 0xff)
            {
                output.Write(words[..(run * Word)]);
            }

            words = words[(run * Word)..];
        }
    }

    private static byte PackWord(ReadOnlySpan<byte> word, Span<byte> output, out int used)
    {
        var tag = 0;
        used = 0;
        for (var i = 0; i < Word; i++)
        {
            if (word[i] != 0)
            {
                tag |= 1 << i;
                output[used++] = word[i];
            }
        }

        return (byte)tag;
    }

    /// <summary>How many words follow that are worth joining: zero ones, or ones with at most one zero byte.</summary>
    private static int Run(ReadOnlySpan<byte> words, byte tag)
    {
        var run = 0;
        for (; run < LargestRun && words.Length >= Word; run++, words = words[Word..])
        {
            var zeroes = words[..Word].Count((byte)0);
            if (tag == 0 ? zeroes < Word : zeroes > 1)
            {
                break;
            }
        }

        return run;
    }
}
