using Culvert.CommandLine.Commands;

namespace Culvert.CommandLine.Tests.Commands;

public sealed class VersionCommandTests
{
    [Theory]
    [InlineData("version")]
    [InlineData("--version")]
    [InlineData("-v")]
    [InlineData("-V")]
    public async Task TheNameAndTheVersionAreOneLine(params string[] args) =>
        Assert.Matches(@"^culvert version \d+\.\d+\.\d+(\+[0-9a-f]+)?\n$", await OutputAsync(args));

    [Theory]
    [InlineData("version", "--short")]
    [InlineData("version", "-s")]
    public async Task TheNumberIsForPrograms(params string[] args) =>
        Assert.Matches(@"^\d+\.\d+\.\d+\n$", await OutputAsync(args));

    private static async Task<string> OutputAsync(string[] args)
    {
        var (output, errors) = (new StringWriter(), new StringWriter());
        Assert.Equal(0, await CommandTree.RunAsync(args, output, errors));
        Assert.Empty(errors.ToString());
        return output.ToString();
    }
}
