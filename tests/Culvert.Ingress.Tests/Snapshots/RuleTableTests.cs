using System.Text;
using Culvert.Ingress.Rules;
using Culvert.Ingress.Tests.Fixtures;

namespace Culvert.Ingress.Tests.Snapshots;

public class RuleTableTests
{
    private static readonly string[] Labels = ["a", "b", "A", "\u00e9", "xn--9ca", ""];
    private static readonly string[] Paths = ["", "", "", "/x", "^/x$", "y$", "\\d", "(?i)Z"];
    private static readonly string[] Requests = ["/", "/x", "/x/y", "/1", "/z", "/%78", ""];

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public void Table_finds_what_a_scan_of_the_rules_finds(int seed)
    {
        var random = new Random(seed);
        for (var round = 0; round < 500; round++)
        {
            var rules = Enumerable.Range(0, random.Next(30)).Select(_ => RandomRule(random)).Append(TestRules.CatchAll).ToArray();
            var snapshot = TestRules.Snapshot(rules);
            for (var request = 0; request < 40; request++)
            {
                var host = random.Next(4) == 0 ? rules[random.Next(rules.Length)].Hostname : RandomHost(random);
                var path = Encoding.UTF8.GetBytes(Requests[random.Next(Requests.Length)]);

                Assert.Equal(
                    LinearReference.Match(snapshot.Rules, host, path), snapshot.Match(Encoding.UTF8.GetBytes(host), path));
            }
        }
    }

    private static RuleDefinition RandomRule(Random random)
    {
        var hostname = random.Next(6) switch
        {
            0 => random.Next(2) == 0 ? "*" : "",
            1 or 2 => "*." + RandomHost(random),
            3 => "*" + RandomHost(random),
            _ => RandomHost(random),
        };
        var path = Paths[random.Next(Paths.Length)];
        return TestRules.Rule(hostname, hostname is "*" or "" && path.Length == 0 ? "/q" : path, "http://h");
    }

    private static string RandomHost(Random random) =>
        string.Join('.', Enumerable.Range(0, random.Next(1, 5)).Select(_ => Labels[random.Next(Labels.Length)]));

    [Fact]
    public void Finding_a_rule_allocates_nothing()
    {
        var rules = Enumerable.Range(0, 1000).SelectMany(i => new[]
        {
            TestRules.Rule($"host{i}.example.com", "", "http://h"),
            TestRules.Rule($"*.wild{i}.example.com", "", "http://h"),
            TestRules.Rule($"path{i}.example.com", "^/api/v[0-9]+/", "http://h"),
        }).Append(TestRules.CatchAll).ToArray();
        var snapshot = TestRules.Snapshot(rules);
        var longPath = Encoding.ASCII.GetBytes("/" + new string('a', 4000) + "%41\u00e9");
        for (var warm = 0; warm < 100; warm++)
        {
            MatchAll(snapshot, longPath);
        }

        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 1000; i++)
        {
            MatchAll(snapshot, longPath);
        }

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    private static void MatchAll(Culvert.Ingress.Snapshots.IngressSnapshot snapshot, byte[] longPath)
    {
        Assert.True(
            snapshot.Match("host500.example.com:8080"u8, "/"u8) == 1500 && snapshot.Match("x.y.wild7.example.com"u8, "/"u8) == 22
            && snapshot.Match("path2.example.com"u8, "/api/v1/x%20y"u8) == 8
            && snapshot.Match("path2.example.com"u8, longPath) == 3000
            && snapshot.Match("nobody.example.org"u8, "/"u8) == 3000);
    }

    [Fact]
    public void Host_of_many_dots_costs_no_more_than_the_longest_rule()
    {
        var snapshot = TestRules.Snapshot(TestRules.Rule("*.a.b", "", "http://h"), TestRules.CatchAll);
        var host = Encoding.ASCII.GetBytes(new string('.', 64 * 1024));

        // Looking every suffix up would hash two gigabytes for each of these.
        for (var i = 0; i < 100; i++)
        {
            Assert.Equal(1, snapshot.Match(host, "/"u8));
        }
    }
}
