using System.Globalization;
using System.Text;
using Culvert.Ingress.Rules;
using Culvert.Ingress.Snapshots;
using Culvert.Ingress.Tests.Fixtures;

namespace Culvert.Ingress.Tests.Snapshots;

/// <summary>What the table costs, counted instead of timed.</summary>
public class RuleTableWorkTests
{
    [Theory]
    [InlineData(10)]
    [InlineData(1000)]
    [InlineData(20_000)]
    public void Finding_a_rule_takes_the_same_work_in_a_table_of_any_length(int count)
    {
        var definitions = Definitions(count);
        var table = new RuleTable(TestRules.Snapshot(definitions).Rules);
        var slots = 0;
        const int Asked = 4;
        for (var i = 0; i < Asked; i++)
        {
            var rule = i * (count / Asked);
            var host = Encoding.ASCII.GetBytes(definitions[rule].Hostname.Replace("*", "x.y", StringComparison.Ordinal));
            Assert.Equal(rule, table.Find(host, "/api/v1/"u8));
            var work = table.Work(host);
            slots += work.Slots;
            Assert.InRange(work.Rules, 0, 2);
        }

        Assert.InRange(slots, Asked, 25 * Asked);
    }

    [Fact]
    public void Only_rules_of_the_host_are_tried()
    {
        var rules = Enumerable.Range(0, 1000).Select(i => TestRules.Rule("busy.example", $"^/p{i}$", "http://h"))
            .Append(TestRules.Rule("*.example", "/q", "http://h"))
            .Append(TestRules.Rule("calm.example", "", "http://h"))
            .Append(TestRules.Rule("*.calm.example", "/only", "http://h"))
            .Append(TestRules.Rule("*.calm.example", "", "http://h"))
            .Append(TestRules.Rule("*.calm.example", "/never", "http://h")).Append(TestRules.CatchAll).ToArray();
        var table = new RuleTable(TestRules.Snapshot(rules).Rules);

        Assert.Equal(1001, table.Work("busy.example"u8).Rules);
        Assert.Equal(2, table.Work("calm.example"u8).Rules);
        Assert.Equal(3, table.Work("a.calm.example"u8).Rules);
        Assert.Equal(1, table.Work("other.example"u8).Rules);
        Assert.Equal(0, table.Work("example"u8).Rules);
    }

    [Fact]
    public void Building_a_table_takes_memory_in_proportion_to_its_rules()
    {
        Build(100);
        var small = Build(1000) / 1000;
        var large = Build(20_000) / 20_000;

        // An automaton for each of the paths would take a hundred kilobytes and a millisecond.
        Assert.True(large < 4096 && large < 2 * small, $"{large} bytes for each of many rules, {small} for each of few");
    }

    private static long Build(int count)
    {
        var definitions = Definitions(count);
        var before = GC.GetAllocatedBytesForCurrentThread();
        _ = TestRules.Snapshot(definitions);
        return GC.GetAllocatedBytesForCurrentThread() - before;
    }

    // One in four has a path of its own, every other one is a wildcard.
    private static RuleDefinition[] Definitions(int count) =>
    [
        .. Enumerable.Range(0, count - 1).Select(i => TestRules.Rule(
            i % 2 == 0 ? Text($"app{i:D5}.example.com") : Text($"*.w{i:D5}.example.com"),
            i % 4 == 2 ? Text($"^/api/(v[0-9]+|x{i})/") : "",
            Text($"http://10.0.{i / 256 % 256}.{i % 256}:8080"))),
        TestRules.CatchAll,
    ];

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
