using System.Globalization;
using System.Text;
using Culvert.Ingress.Files;
using Culvert.Ingress.Rules;
using Culvert.Ingress.Tests.Fixtures;

namespace Culvert.Ingress.Tests.Files;

/// <summary>Files that are meant to do harm are refused with a reason, each within a second.</summary>
public class HostileFileTests
{
    // A second on a quiet machine. One that shares its processor counts up to three times as much for the same work.
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(3);

    private const string Sample =
        "tunnel: &a x\nprotocol: quic\noriginRequest: &o\n  connectTimeout: 1s\n" +
        "  ipRules: [{prefix: 10.0.0.0/8, ports: [80], allow: true}]\n" +
        "ingress:\n- hostname: a.example\n  path: '^/x'\n  service: http://h\n" +
        "  originRequest: {<<: *o, access: {required: true}}\n- service: http_status:404\n";

    [Fact]
    public void Aliases_that_multiply_are_refused()
    {
        var yaml = new StringBuilder("a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n");
        for (var i = 1; i < 10; i++)
        {
            yaml.Append($"a{i}: &a{i} [{string.Join(", ", Enumerable.Repeat($"*a{i - 1}", 10))}]\n");
        }

        AssertRefused("document contains excessive aliasing", yaml.ToString());
    }

    [Fact]
    public void Merge_keys_that_multiply_are_refused()
    {
        var yaml = new StringBuilder("a: &a {").AppendJoin(", ", Enumerable.Range(0, 2000).Select(i => $"k{i}: 1"))
            .Append("}\nb:\n");
        for (var i = 0; i < 2000; i++)
        {
            yaml.Append("- {<<: *a}\n");
        }

        AssertRefused("document contains excessive aliasing", yaml.ToString());
    }

    [Theory]
    [InlineData("[")]
    [InlineData("{a: ")]
    [InlineData("- ")]
    public void Deep_nesting_is_refused(string opening) =>
        AssertRefused("exceeded max depth of 64", string.Concat(Enumerable.Repeat(opening, 100_000)));

    [Fact]
    public void Large_file_is_refused()
    {
        var content = new byte[ConfigurationFile.MaxBytes + 1];
        content.AsSpan().Fill((byte)'#');

        AssertRefused("is larger than", content);
    }

    [Theory]
    [InlineData("a: [", "1,")]
    [InlineData("a: [", "[],")]
    [InlineData("", "- 1\n")]
    [InlineData("a: [", "!!str x,")]
    public void Many_values_are_refused_before_the_file_ends(string opening, string value) => AssertRefused(
        "document has more than 600000 values",
        opening + string.Concat(Enumerable.Repeat(value, ConfigurationFile.MaxBytes / 4 / value.Length * 3)));

    [Fact]
    public void Unknown_keys_are_told_up_to_a_hundred()
    {
        var yaml = new StringBuilder();
        for (var i = 0; i < 60_000; i++)
        {
            yaml.Append("protocl").Append(i).Append(": 1\n");
        }

        Assert.Equal(100, Quickly(() => TestRules.File(yaml.ToString())).Warnings.Count);
    }

    [Fact]
    public void Duplicate_keys_are_refused_however_many_keys_there_are()
    {
        var yaml = new StringBuilder();
        for (var i = 0; i < 50_000; i++)
        {
            yaml.Append('k').Append(i).Append(": 1\n");
        }

        AssertRefused("line 50001: mapping key \"k7\" already defined at line 8", yaml.Append("k7: 2\n").ToString());
    }

    [Fact]
    public void Invalid_UTF8_is_refused_wherever_it_is()
    {
        var content = new byte[ConfigurationFile.MaxBytes];
        content.AsSpan().Fill((byte)'#');
        content[^1] = 0xff;

        AssertRefused("invalid UTF-8", content);
    }

    // What makes other engines run for years is harmless here, and what would take much memory is refused.
    [Theory]
    [InlineData("^(a+)+$", null)]
    [InlineData("^(a|a?)+$", null)]
    [InlineData("^(.*)*x(.*)*y(.*)*z$", null)]
    [InlineData("((a{100}){100}){100}", "invalid repeat count")]
    [InlineData("(?:a{1001})", "invalid repeat count")]
    public void Catastrophic_pattern_is_refused_or_runs_in_linear_time(string pattern, string? error)
    {
        RuleDefinition[] rules = [TestRules.Rule("", pattern, "http://h"), TestRules.CatchAll];
        if (error is not null)
        {
            Assert.Contains(error, Quickly(() => TestRules.ErrorOf(rules)), StringComparison.Ordinal);
            return;
        }

        var path = "/" + new string('a', 30_000) + "!";
        Assert.Equal(1, Quickly(() => TestRules.Snapshot(rules).Match("a"u8, Encoding.ASCII.GetBytes(path))));
    }

    // Read one after another, ten thousand of these would take many minutes.
    [Theory]
    [InlineData("(?i)[a-\\x{ffff}]", 200)]
    [InlineData("\\pL", 70)]
    public void Patterns_that_are_much_work_together_are_refused(string costly, int times)
    {
        var pattern = string.Concat(Enumerable.Repeat(costly, times));
        RuleDefinition[] rules =
            [.. Enumerable.Range(0, 10_000).Select(i => TestRules.Rule($"h{i}", $"{pattern}{i}", "http://h")),
                TestRules.CatchAll];

        Assert.EndsWith(
            "has an invalid regex: error parsing regexp: expression too large: `the paths of all rules together`",
            Quickly(() => TestRules.ErrorOf(rules)), StringComparison.Ordinal);
    }

    [Fact]
    public void As_many_usual_patterns_as_there_are_rules_are_read()
    {
        var rules = Enumerable.Range(0, 20_000)
            .Select(i => TestRules.Rule($"h{i}", $"^/(api|v[0-9]+)/{i}/.*\\.(js|css)$", "http://h"));
        var work = TestRules.Snapshot([.. rules, TestRules.CatchAll]).Rules.Sum(rule => rule.Path?.Work ?? 0);

        Assert.InRange(
            work / 20_000, 1,
            Culvert.Ingress.PathPatterns.TablePatterns.MaxWork / Culvert.Ingress.Snapshots.IngressSnapshot.MaxRules);
    }

    [Fact]
    public void Endless_file_is_refused()
    {
        if (!OperatingSystem.IsWindows())
        {
            Assert.Contains(
                "is larger than",
                Quickly(() => Assert.Throws<ConfigurationFileException>(() => ConfigurationFile.Read("/dev/zero"))).Message,
                StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Damaged_file_is_read_or_refused_but_nothing_else(int seed)
    {
        var random = new Random(seed);
        var refused = 0;
        for (var round = 0; round < 2000; round++)
        {
            var content = Encoding.UTF8.GetBytes(Sample).ToList();
            for (var damage = random.Next(1, 6); damage > 0; damage--)
            {
                var at = random.Next(content.Count);
                switch (random.Next(3))
                {
                    case 0:
                        content[at] = (byte)random.Next(256);
                        break;
                    case 1:
                        content.RemoveAt(at);
                        break;
                    default:
                        content.Insert(at, "[]{}:-&*<?!|>'\"%@`#, \n\t"u8[random.Next(23)]);
                        break;
                }
            }

            try
            {
                _ = ConfigurationFile.Parse("x", content.ToArray()).Ingress.Rules;
            }
            catch (ConfigurationFileException e)
            {
                Assert.Contains("line ", e.Message, StringComparison.Ordinal);
                refused++;
            }
        }

        Assert.InRange(refused, 1, 1999);
    }

    private static void AssertRefused(string reason, string yaml) => AssertRefused(reason, Encoding.UTF8.GetBytes(yaml));

    private static void AssertRefused(string reason, byte[] content) => Assert.Contains(
        reason, Quickly(() => Assert.Throws<ConfigurationFileException>(() => ConfigurationFile.Parse("x", content))).Message,
        StringComparison.Ordinal);

    // The first time, code is compiled; and on a shared processor everything takes longer.
    private static T Quickly<T>(Func<T> act)
    {
        for (var attempt = 1; ; attempt++)
        {
            var begun = Spent();
            var result = act();
            var taken = Spent() - begun;
            if (taken < Limit)
            {
                return result;
            }

            Assert.True(attempt < 3, $"It took {taken}");
        }
    }

    // What this thread has computed, where the system says so: however busy the machine is, it is about the same. In hundredths.
    private static TimeSpan Spent()
    {
        if (!OperatingSystem.IsLinux())
        {
            return TimeProvider.System.GetElapsedTime(0);
        }

        var fields = File.ReadAllText("/proc/thread-self/stat").Split(')')[^1].Split(' ', StringSplitOptions.RemoveEmptyEntries);
        return TimeSpan.FromMilliseconds(
            10 * (long.Parse(fields[11], CultureInfo.InvariantCulture) + long.Parse(fields[12], CultureInfo.InvariantCulture)));
    }
}
