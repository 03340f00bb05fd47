using Culvert.CommandLine.Commands;
using Culvert.Ingress.Settings;

namespace Culvert.CommandLine.Tests.Commands;

public sealed class InertFlagsTests
{
    [Theory]
    [InlineData("--dial-edge-timeout", "15s")]
    [InlineData("--heartbeat-interval", "5s")]
    [InlineData("--heartbeat-count", "5")]
    [InlineData("--compression-quality", "0")]
    [InlineData("--use-reconnect-token=true")]
    [InlineData("--metrics-update-freq", "5s")]
    [InlineData("--is-autoupdated")]
    [InlineData("--ui")]
    [InlineData("--id", "x")]
    [InlineData("--transport-loglevel", "info")]
    [InlineData("--proto-loglevel", "info")]
    [InlineData("--proxy-connection-timeout", "90s")]
    [InlineData("--proxy-expect-continue-timeout", "90s")]
    [InlineData("--api-key", "x")]
    [InlineData("--api-email", "x")]
    [InlineData("--api-ca-key", "x")]
    [InlineData("--proxy-dns")]
    [InlineData("--proxy-dns-upstream", "https://one", "--proxy-dns-upstream", "https://two")]
    [InlineData("--ssh-server", "--local-ssh-port", "2222", "--ssh-idle-timeout", "0s", "--ssh-max-timeout", "1h")]
    [InlineData("--bucket-name", "x", "--region-name", "x", "--secret-id", "x", "--access-key-id", "x")]
    [InlineData("--session-token", "x", "--s3-url-host", "x", "--host-key-path", "x")]
    [InlineData("--service-op-ip", "198.41.200.113:80", "--trace-output", "x")]
    [InlineData("--autoupdate-freq", "24h0m0s", "--no-autoupdate")]
    [InlineData("--retries", "5", "--rpc-timeout", "5s", "--write-stream-timeout", "0s")]
    public async Task K34_FlagOfTheOriginalIsTaken(params string[] flags)
    {
        var (output, errors) = (new StringWriter(), new StringWriter());

        // The command goes on to what it misses.
        Assert.Equal(1, await CommandTree.RunAsync(["tunnel", .. flags, "ready"], output, errors));
        Assert.Contains("--metrics has to be provided", errors.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void RetriesAndTimeoutAreThoseOfTheSettings()
    {
        Assert.Equal((5, TimeSpan.FromSeconds(5)), Read());
        Assert.Equal((2, TimeSpan.FromSeconds(90)), Read(("retries", "2"), ("rpc-timeout", "1m30s")));
    }

    [Theory]
    [InlineData("retries", "256")]
    [InlineData("rpc-timeout", "0s")]
    [InlineData("rpc-timeout", "2h")]
    public void ValueThatIsNotUsableIsNamed(string name, string value) =>
        Assert.StartsWith(
            $"--{name}: ", Assert.Throws<CommandException>(() => Read((name, value))).Message, StringComparison.Ordinal);

    private static (int Retries, TimeSpan Timeout) Read(params (string Name, string Value)[] given)
    {
        var settings = SettingMerge.Merge(
            name => Array.Find(given, flag => flag.Name == name).Value is { } value ? [value] : null, _ => null, null);
        return (RegistrationSettings.Retries(settings), RegistrationSettings.RpcTimeout(settings));
    }
}
