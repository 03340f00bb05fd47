using Culvert.Connector.EdgeAddresses;

namespace Culvert.Connector.Tests.EdgeAddresses;

public class SrvMessageTests
{
    private static readonly byte[] Answer =
    [
        0x12, 0x34, 0x81, 0x80, 0, 1, 0, 2, 0, 0, 0, 0,
        2, (byte)'_', (byte)'a', 1, (byte)'b', 0, 0, 33, 0, 1,
        0xC0, 12, 0, 33, 0, 1, 0, 0, 0, 60, 0, 11, 0, 1, 0, 2, 0x1E, 0xA4, 2, (byte)'r', (byte)'1', 0xC0, 15,
        0xC0, 12, 0, 16, 0, 1, 0, 0, 0, 60, 0, 2, 1, (byte)'x',
    ];

    [Fact]
    public void Question_is_framed_and_asks_for_a_service() => Assert.Equal(
        [0, 22, 0x12, 0x34, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 2, (byte)'_', (byte)'a', 1, (byte)'b', 0, 0, 33, 0, 1],
        SrvMessage.WriteQuestion(0x1234, "_a.b."));

    [Theory]
    [InlineData("")]
    [InlineData("a..b")]
    [InlineData("a.0123456789012345678901234567890123456789012345678901234567890123")]
    public void Name_that_is_none_is_refused(string name) =>
        Assert.Throws<ArgumentException>(() => SrvMessage.WriteQuestion(1, name));

    [Fact]
    public void Overlong_name_is_refused() => Assert.Throws<ArgumentException>(
        () => SrvMessage.WriteQuestion(1, string.Join('.', Enumerable.Repeat("abcdefgh", 29))));

    [Fact]
    public void Services_are_read_and_other_records_skipped() =>
        Assert.Equal([new SrvRecord(1, 2, 7844, "r1.b.")], SrvMessage.ReadAnswer(Answer, 0x1234));

    [Fact]
    public void Answer_to_another_question_is_refused() =>
        Assert.Throws<FormatException>(() => SrvMessage.ReadAnswer(Answer, 0x1235));

    [Fact]
    public void Error_is_told()
    {
        var answer = (byte[])Answer.Clone();
        answer[3] |= 3;
        Assert.Equal("the server answered with error 3",
            Assert.Throws<FormatException>(() => SrvMessage.ReadAnswer(answer, 0x1234)).Message);
    }

    [Fact]
    public void Every_truncation_is_refused()
    {
        for (var length = 0; length < Answer.Length - 2; length++)
        {
            Assert.Throws<FormatException>(() => SrvMessage.ReadAnswer(Answer.AsSpan(0, length), 0x1234));
        }
    }

    [Fact]
    public void Name_that_points_at_itself_or_forward_is_refused()
    {
        foreach (var target in new byte[] { 22, 23, 40 })
        {
            var answer = (byte[])Answer.Clone();
            answer[23] = target;
            Assert.Throws<FormatException>(() => SrvMessage.ReadAnswer(answer, 0x1234));
        }
    }

    [Fact]
    public void Random_bytes_are_read_or_refused_and_nothing_else()
    {
        var random = new Random(53);
        for (var i = 0; i < 100_000; i++)
        {
            var answer = (byte[])Answer.Clone();
            for (var change = random.Next(1, 6); change > 0; change--)
            {
                answer[random.Next(2, answer.Length)] = (byte)random.Next(256);
            }

            try
            {
                Assert.True(SrvMessage.ReadAnswer(answer.AsSpan(0, random.Next(answer.Length + 1)), 0x1234).Count <= 512);
            }
            catch (FormatException)
            {
                // The other outcome that is allowed.
            }
        }
    }
}
