using System.Text;
using Culvert.Transports.Headers;

namespace Culvert.Transports.Tests.Headers;

public class SerializedHeadersFuzzTests
{
    private const string Alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    private const int Rounds = 4000;

    [Theory]
    [InlineData(1)]
    [InlineData(20260822)]
    public void Any_list_survives_the_round_trip(int seed)
    {
        var random = new Random(seed);
        for (var round = 0; round < Rounds / 4; round++)
        {
            var list = new HeaderList();
            for (var fields = random.Next(6); fields > 0; fields--)
            {
                list.Add(RandomBytes(random, 9, 'a'), RandomBytes(random, 40, 0));
            }

            var back = new HeaderList();
            Assert.True(SerializedHeaders.TryParse(Encoding.ASCII.GetBytes(SerializedHeaders.Serialize(list)), back));
            Assert.Equal(list.Lines(), back.Lines());
            list.Clear();
            back.Clear();
        }
    }

    [Theory]
    [InlineData(2)]
    [InlineData(42)]
    [InlineData(7844)]
    public void Any_text_is_read_or_refused_as_a_naive_decoder_does(int seed)
    {
        var random = new Random(seed);
        for (var round = 0; round < Rounds; round++)
        {
            var text = RandomText(random);
            var list = new HeaderList();
            var expected = Decode(text);

            Assert.True(
                SerializedHeaders.TryParse(Encoding.Latin1.GetBytes(text), list) == expected is not null,
                $"seed {seed}, round {round}: '{text}'");
            if (expected is not null)
            {
                Assert.Equal(expected, list.Lines());
            }

            list.Clear();
        }
    }

    private static byte[] RandomBytes(Random random, int below, int from) =>
        [.. Enumerable.Range(0, random.Next(below)).Select(_ => (byte)random.Next(from, 256))];

    // Mostly characters that matter, so that a good share of the texts is nearly right.
    private static string RandomText(Random random)
    {
        const string Separators = "::;;= \n-_\u00ff";
        var text = new StringBuilder();
        for (var length = random.Next(24); length > 0; length--)
        {
            text.Append(
                random.Next(4) == 0 ? Separators[random.Next(Separators.Length)] : Alphabet[random.Next(Alphabet.Length)]);
        }

        return random.Next(2) == 0 ? text.ToString().Replace("=", "", StringComparison.Ordinal).Trim() : text.ToString();
    }

    private static string[]? Decode(string text)
    {
        var lines = new List<string>();
        foreach (var pair in text.Split(';', StringSplitOptions.None).Where(p => p.Length > 0))
        {
            var parts = pair.Split(':');
            if (parts.Length != 2 || DecodeBase64(parts[0]) is not { } name || DecodeBase64(parts[1]) is not { } value)
            {
                return null;
            }

            lines.Add($"{name}: {value}");
        }

        return [.. lines];
    }

    private static string? DecodeBase64(string text)
    {
        if (text.Length % 4 == 1 || text.Any(c => !Alphabet.Contains(c, StringComparison.Ordinal)))
        {
            return null;
        }

        var bits = string.Concat(
            text.Select(c => Convert.ToString(Alphabet.IndexOf(c, StringComparison.Ordinal), 2).PadLeft(6, '0')));
        return string.Concat(Enumerable.Range(0, bits.Length / 8).Select(i => (char)Convert.ToByte(bits.Substring(i * 8, 8), 2)));
    }
}
