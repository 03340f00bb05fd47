using System.Buffers;
using System.Text;
using Culvert.Engine.Origins.Http.Responses;
using Culvert.Transports.Headers;
using static Culvert.Engine.Tests.Origins.Http.Responses.Pieces;

namespace Culvert.Engine.Tests.Origins.Http.Responses;

public class ChunkDecoderTests
{
    public static TheoryData<string, string, string> Valid { get; } = new()
    {
        { "0\r\n\r\n", "", "" },
        { "5\r\nhello\r\n0\r\n\r\n", "hello", "" },
        { "5;a=1;b=\"x\"\r\nhello\r\n3 ; c\r\n wo\r\n0;last\r\n\r\n", "hello wo", "" },
        { "000A\r\n0123456789\r\n00\r\n\r\n", "0123456789", "" },
        { "a\r\n\r\n\r\n012345\r\n0\r\n\r\n", "\r\n\r\n012345", "" },
        { "1\r\nx\r\n0\r\nX-T: end\r\nY: \u00e9\r\nX-T: 2\r\n\r\n", "x", "X-T: end|Y: \u00e9|X-T: 2|" },
        { "0\r\nContent-Length: 5\r\nIf-Match: *\r\nTransfer-Encoding: x\r\nZ: 1\r\n\r\n", "", "Z: 1|" },
    };

    public static TheoryData<string> Invalid { get; } = new()
    {
        "\r\n\r\n",
        "x\r\n\r\n",
        "-1\r\nx\r\n0\r\n\r\n",
        "+1\r\nx\r\n0\r\n\r\n",
        "0x1\r\nx\r\n0\r\n\r\n",
        " 1\r\nx\r\n0\r\n\r\n",
        "1 x\r\nx\r\n0\r\n\r\n",
        "1\nx\r\n0\r\n\r\n",
        "1\rx\r\n0\r\n\r\n",
        "1;a\0\r\nx\r\n0\r\n\r\n",
        "1;a\rb\r\nx\r\n0\r\n\r\n",
        "1\r\nxy\r\n0\r\n\r\n",
        "1\r\nx\n0\r\n\r\n",
        "1\r\nx0\r\n\r\n0\r\n\r\n",
        "ffffffffffffffff\r\nx",
        "8000000000000000\r\nx",
        "00000000000000001\r\nx\r\n0\r\n\r\n",
        "0\r\nX : 1\r\n\r\n",
        "0\r\nX: 1\r\n y\r\n\r\n",
        "0\r\nX: 1\n\r\n",
        "0\r\nX\r\n\r\n",
        "0\r\n\n",
    };

    [Theory, MemberData(nameof(Valid))]
    public void Body_is_decoded_however_it_is_split(string text, string body, string trailers)
    {
        var bytes = Bytes(text + "next");
        for (var split = 0; split <= bytes.Length; split++)
        {
            Assert.Equal((body, trailers, "next"), Decode(bytes, split, 1));
            Assert.Equal((body, trailers, "next"), Decode(bytes, split, bytes.Length));
        }
    }

    [Theory, MemberData(nameof(Invalid))]
    public void Broken_coding_is_refused_however_it_is_split(string text)
    {
        var bytes = Bytes(text + "next, next");
        for (var split = 0; split <= bytes.Length; split++)
        {
            Assert.Throws<ResponseFormatException>(() => Decode(bytes, split, 1));
            Assert.Throws<ResponseFormatException>(() => Decode(bytes, split, bytes.Length));
        }
    }

    [Fact]
    public void Endless_extension_is_refused() =>
        Assert.Throws<ResponseFormatException>(() => Decode(Bytes("1;" + new string('a', 5000)), 0, 1000));

    [Fact]
    public void Endless_trailers_are_refused()
    {
        Assert.Throws<ResponseFormatException>(
            () => Decode(Bytes("0\r\n" + string.Concat(Enumerable.Repeat("a: b\r\n", HeaderList.MaxCount + 1))), 0, 1000));
        Assert.Throws<ResponseFormatException>(
            () => Decode(Bytes("0\r\na: " + new string('a', LineReader.MaxSectionBytes)), 0, 100_000));
    }

    [Fact]
    public void Fuzzed_bodies_end_or_are_refused()
    {
        string[] seeds = [.. Valid.Cast<object[]>().Concat(Invalid.Cast<object[]>()).Select(row => (string)row[0])];
        var random = new Random(20261122);
        for (var round = 0; round < 100_000; round++)
        {
            var bytes = Bytes(seeds[random.Next(seeds.Length)]);
            for (var change = random.Next(4); change > 0; change--)
            {
                bytes[random.Next(bytes.Length)] = random.Next(2) == 0
                    ? (byte)random.Next(256)
                    : (byte)"\r\n\0 \t:;f0"[random.Next(9)];
            }

            var error = Record.Exception(() => Decode(bytes, random.Next(bytes.Length), random.Next(1, 20)));
            Assert.True(error is null or ResponseFormatException, $"{round}: {error}");
        }
    }

    /// <summary>
    /// Feeds the bytes in pieces of <paramref name="step"/>, in which <paramref name="split"/> is a border of segments too.
    /// </summary>
    private static (string Body, string Trailers, string Left) Decode(byte[] bytes, int split, int step)
    {
        var decoder = new ChunkDecoder();
        decoder.Reset();
        var trailers = new HeaderList();
        var body = new StringBuilder();
        var consumed = 0;
        for (var end = Math.Min(step, bytes.Length); !decoder.IsDone; end = Math.Min(end + step, bytes.Length))
        {
            var border = Math.Clamp(split, consumed, end);
            var pieces = Of(bytes.AsMemory(consumed, border - consumed), bytes.AsMemory(border, end - border));
            var reader = new SequenceReader<byte>(pieces);
            while (decoder.TryRead(ref reader, trailers, out var data))
            {
                body.Append(Encoding.Latin1.GetString(data));
            }

            consumed += (int)reader.Consumed;
            if (end == bytes.Length)
            {
                break;
            }
        }

        var fields = Enumerable.Range(0, trailers.Count).Select(i => $"{trailers[i].NameText}: {trailers[i].ValueText}|");
        return (body.ToString(), string.Concat(fields), Encoding.Latin1.GetString(bytes.AsSpan(consumed)));
    }
}
