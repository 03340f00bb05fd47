using System.Text;
using Culvert.Ingress.Files;
using Culvert.Ingress.Tests.Fixtures;

namespace Culvert.Ingress.Tests.Files;

public class HostileFileTests
{
    private const string Sample =
        "tunnel: &a x\nprotocol: quic\noriginRequest: &o\n  connectTimeout: 1s\n  ipRules: [{prefix: 10.0.0.0/8, ports: [80], allow: true}]\n" +
        "ingress:\n- hostname: a.example\n  path: '^/x'\n  service: http://h\n  originRequest: {<<: *o, access: {required: true}}\n- service: http_status:404\n";

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
        var yaml = new StringBuilder("a: &a {").AppendJoin(", ", Enumerable.Range(0, 2000).Select(i => $"k{i}: 1")).Append("}\nb:\n");
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
        AssertRefused("exceeded max depth of 64", string.Concat(Enumerable.Repeat(opening, 1000)));

    [Fact]
    public void Large_file_is_refused()
    {
        var content = new byte[ConfigurationFile.MaxBytes + 1];
        content.AsSpan().Fill((byte)'#');

        Assert.Contains("is larger than", Assert.Throws<ConfigurationFileException>(() => ConfigurationFile.Parse("x", content)).Message, StringComparison.Ordinal);
    }

    // Read one after another, ten thousand of these would take many minutes.
    [Theory]
    [InlineData("(?i)[a-\\x{ffff}]", 200)]
    [InlineData("\\pL", 70)]
    public void Patterns_that_are_much_work_together_are_refused(string costly, int times)
    {
        var pattern = string.Concat(Enumerable.Repeat(costly, times));
        var rules = Enumerable.Range(0, 10_000).Select(i => TestRules.Rule($"h{i}", $"{pattern}{i}", "http://h"));

        Assert.EndsWith(
            "has an invalid regex: error parsing regexp: expression too large: `the paths of all rules together`",
            TestRules.ErrorOf([.. rules, TestRules.CatchAll]), StringComparison.Ordinal);
    }

    [Fact]
    public void As_many_usual_patterns_as_there_are_rules_are_read()
    {
        var rules = Enumerable.Range(0, 20_000).Select(i => TestRules.Rule($"h{i}", $"^/(api|v[0-9]+)/{i}/.*\\.(js|css)$", "http://h"));
        var work = TestRules.Snapshot([.. rules, TestRules.CatchAll]).Rules.Sum(rule => rule.Path?.Work ?? 0);

        Assert.InRange(work / 20_000, 1, Culvert.Ingress.PathPatterns.TablePatterns.MaxWork / Culvert.Ingress.Snapshots.IngressSnapshot.MaxRules);
    }

    [Fact]
    public void Endless_file_is_refused()
    {
        if (!OperatingSystem.IsWindows())
        {
            Assert.Contains(
                "is larger than", Assert.Throws<ConfigurationFileException>(() => ConfigurationFile.Read("/dev/zero")).Message, StringComparison.Ordinal);
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

    private static void AssertRefused(string reason, string yaml) =>
        Assert.Contains(reason, Assert.Throws<ConfigurationFileException>(() => TestRules.File(yaml)).Message, StringComparison.Ordinal);
}
