using System.Security.Cryptography;
using Culvert.CommandLine.Commands;
using Culvert.CommandLine.Tests.Fixtures;
using Culvert.Ingress.Settings;

namespace Culvert.CommandLine.Tests.Commands;

public class StartReportTests
{
    [Fact]
    public void C02_SettingsThatWereGivenAreListedWithoutSecrets()
    {
        var given = new Dictionary<string, IReadOnlyList<string>> { ["token"] = ["very secret"], ["edge"] = ["a:1", "b:2"] };
        var log = new TextLog();
        StartReport.Log(
            log, SettingMerge.Merge(given.GetValueOrDefault, name => name == "TUNNEL_RETRIES" ? "3" : null, null).Values);

        var text = log.ToString();
        Assert.Contains("Settings: map[edge:[a:1 b:2] retries:3 token:*****]", text, StringComparison.Ordinal);
        Assert.Matches("GOOS: [a-z]+, GOVersion: dotnet10[.0-9]+, GoArch: [a-z0-9]+", text);
        Assert.DoesNotContain("very secret", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task C02_VersionIsToldWithTheProgramsChecksum()
    {
        var log = new TextLog();
        await StartReport.LogVersionAsync(log, "2026.8.2");

        var checksum = Convert.ToHexStringLower(SHA256.HashData(await File.ReadAllBytesAsync(Environment.ProcessPath!)));
        Assert.Equal($"Version 2026.8.2 (Checksum {checksum})", log.ToString().Trim());
    }

    [Theory]
    [InlineData("TUNNEL_TOKEN", true)]
    [InlineData("TUNNEL_CRED_CONTENTS", true)]
    [InlineData("TUNNEL_MANAGEMENT_TOKEN", true)]
    [InlineData("TUNNEL_TOKEN_FILE", false)]
    [InlineData("TUNNEL_METRICS", false)]
    public void Variable_that_lets_somebody_in_is_not_shown(string name, bool secret) =>
        Assert.Equal(secret, StartReport.IsSecret(name));
}
