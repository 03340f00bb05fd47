using System.CommandLine;
using Culvert.CommandLine.Commands;

namespace Culvert.CommandLine.Tests.Commands;

public sealed class ConfigurationFlagTests : IDisposable
{
    private readonly string _file = Path.GetTempFileName();

    // Told are those of section 6.8 alone, and of them those that are set and not empty.
    [Fact]
    public void Edge_is_told_some_of_the_flags_that_are_set()
    {
        File.WriteAllText(
            _file,
            "metrics: localhost:2000\nretries: 7\nloglevel: ''\nmax-active-flows: 9\ngrace-period: 1s\nautoupdate-freq: 1h\n");
        var told = Told("--protocol", "quic", "--retries", "8", "--tag", "a=b");

        Assert.Equal(
            ["autoupdate-freq=1h", "metrics=localhost:2000", "protocol=quic", "retries=8"],
            told.Select(flag => $"{flag.Key}={flag.Value}").Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Edge_is_told_the_number_of_flows_of_the_command_line() =>
        Assert.Equal(new Dictionary<string, string> { ["max-active-flows"] = "0" }, Told("--max-active-flows", "0"));

    public void Dispose() => File.Delete(_file);

    private Dictionary<string, string> Told(params string[] flags)
    {
        var configuration = new ConfigurationFlag();
        var root = new RootCommand();
        configuration.AddTo(root);
        foreach (var name in new[] { "--protocol", "--retries", "--tag", "--max-active-flows" })
        {
            root.Options.Add(new Option<string?>(name));
        }

        string[] arguments = ["--config", _file, .. flags];
        configuration.Apply(root, arguments, root.Parse(arguments));
        return configuration.ToldToEdge();
    }
}
