using System.CommandLine;
using Culvert.CommandLine.Commands;
using Microsoft.Extensions.Logging;

namespace Culvert.CommandLine.Tests.Commands;

public sealed class LogFlagsTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("culvert-flags").FullName;

    [Fact]
    public async Task Unknown_level_is_told_and_info_is_used() =>
        Assert.Equal(
            ["ERR Failed to parse log level \"loud\", using \"info\" instead", "INF hello"],
            await RunAsync("--loglevel", "loud"));

    [Theory]
    [InlineData("trace", 3)]
    [InlineData("debug", 2)]
    [InlineData("info", 1)]
    [InlineData("warn", 0)]
    [InlineData("panic", 0)]
    public async Task Level_decides_what_is_written(string level, int lines) =>
        Assert.Equal(lines, (await RunAsync("--loglevel", level, "--transport-loglevel", "debug")).Length);

    [Fact]
    public async Task C31_JsonIsOnTheConsoleOnRequest()
    {
        var line = Assert.Single(await RunAsync("--output", "json"));

        Assert.StartsWith("""{"level":"info","message":"hello","time":"20""", line, StringComparison.Ordinal);
    }

    [Fact]
    public async Task C31_FileGetsJsonAsWell()
    {
        var path = Path.Join(_directory, "logs", "culvert.log");

        Assert.Equal(["INF hello"], await RunAsync("--logfile", path));
        Assert.StartsWith("""{"level":"info","time":"20""", Assert.Single(File.ReadAllLines(path)), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Directory_gets_a_file()
    {
        await RunAsync("--log-directory", _directory);

        Assert.Contains("hello", File.ReadAllText(Path.Join(_directory, "cloudflared.log")), StringComparison.Ordinal);
    }

    [Fact]
    public async Task File_wins_over_the_directory()
    {
        var path = Path.Join(_directory, "one.log");
        var lines = await RunAsync("--log-directory", _directory, "--logfile", path);

        Assert.Contains("incompatible. logfile takes precedence.", lines[0], StringComparison.Ordinal);
        Assert.Equal([path], Directory.GetFiles(_directory));
    }

    [Fact]
    public async Task File_that_cannot_be_opened_is_told_and_the_console_goes_on()
    {
        var lines = await RunAsync("--logfile", Path.Join(Environment.ProcessPath!, "x.log"));

        Assert.StartsWith(
            "ERR Falling back to a default logger due to logger setup failure: ", lines[0], StringComparison.Ordinal);
        Assert.Equal("INF hello", lines[1]);
    }

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    // Lines on the error stream, without their time.
    private static async Task<string[]> RunAsync(params string[] flags)
    {
        var log = new LogFlags();
        var command = new RootCommand();
        log.AddTo(command);
        command.SetAction(async (parsed, _) =>
        {
            await using var logger = log.CreateLogger(parsed);
            logger.LogTrace("least");
            logger.LogDebug("less");
            logger.LogInformation("hello");
        });
        var errors = new StringWriter();
        await command.Parse(flags).InvokeAsync(new InvocationConfiguration { Error = errors });
        return [.. errors.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Select(line => line.StartsWith('{') ? line : line[(line.IndexOf(' ', StringComparison.Ordinal) + 1)..])];
    }
}
