using Culvert.CommandLine.Commands;

namespace Culvert.CommandLine.Tests.Commands;

public class BannerTests
{
    [Fact]
    public void Box_is_that_of_the_original() =>
        Assert.Equal(
            """
            +--------------------------------------------------------------------------------------------+
            |  Your quick Tunnel has been created! Visit it at (it may take some time to be reachable):  |
            |  https://random-words.try.example                                                          |
            +--------------------------------------------------------------------------------------------+
            """.ReplaceLineEndings("\n"),
            string.Join('\n', Banner.Lines("https://random-words.try.example")));

    [Fact]
    public void Box_grows_with_a_long_URL()
    {
        var url = "https://" + new string('a', 120);
        var lines = Banner.Lines(url).ToArray();

        Assert.All(lines, l => Assert.Equal(url.Length + 6, l.Length));
        Assert.Equal($"|  {url}  |", lines[2]);
    }
}
