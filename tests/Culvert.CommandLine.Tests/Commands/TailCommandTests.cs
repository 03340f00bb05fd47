using Culvert.CommandLine.Commands;

namespace Culvert.CommandLine.Tests.Commands;

public class TailCommandTests
{
    [Theory]
    [InlineData("invalid --level filter provided, ", "--level", "loud")]
    [InlineData("invalid --event filter provided, ", "--event", "http", "--event", "dns")]
    [InlineData("invalid --sample value provided, ", "--sample", "0")]
    [InlineData("invalid --sample value provided, ", "--sample", "1.1")]
    [InlineData("invalid --sample value provided, ", "--sample", "some")]
    [InlineData("no tunnel ID provided")]
    [InlineData("unable to parse provided tunnel id as a valid UUID: name", "name")]
    [InlineData("unable to acquire management token", "8f1d2b1e-0000-4000-8000-000000000001")]
    [InlineData("unable to parse 'x' as a valid connector-id", "--token", "t", "--connector-id", "x")]
    [InlineData("--management-url: 'ftp://x'", "--token", "t", "--management-url", "ftp://x")]
    public async Task What_is_wrong_is_logged_and_the_exit_status_is_0(string text, params string[] arguments)
    {
        var (output, errors) = (new StringWriter(), new StringWriter());

        Assert.Equal(0, await CommandTree.RunAsync(["tail", .. arguments], output, errors));
        Assert.Contains(" ERR " + text, Assert.Single(errors.ToString().TrimEnd().Split('\n')), StringComparison.Ordinal);
        Assert.Empty(output.ToString());
    }
}
