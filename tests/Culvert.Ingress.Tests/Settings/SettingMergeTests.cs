using Culvert.Ingress.Files;
using Culvert.Ingress.Rules;
using Culvert.Ingress.Settings;
using Culvert.Ingress.Tests.Fixtures;

namespace Culvert.Ingress.Tests.Settings;

public class SettingMergeTests
{
    private readonly Dictionary<string, IReadOnlyList<string>> _flags = [];
    private readonly Dictionary<string, string> _variables = [];

    private SettingValue Merge(string name, string yaml = "") => Merged(yaml)[name];

    private IReadOnlyDictionary<string, SettingValue> Merged(string yaml = "") =>
        SettingMerge.Merge(_flags.GetValueOrDefault, _variables.GetValueOrDefault, TestRules.File(yaml));

    [Fact]
    public void Layers_win_in_order()
    {
        AssertValue(Merge("protocol"), "auto", "default");
        AssertValue(Merge("protocol", "retries: 3\nprotocol: http2"), "http2", "config.yml:2");
        _variables["TUNNEL_TRANSPORT_PROTOCOL"] = "quic";
        AssertValue(Merge("protocol", "protocol: http2"), "quic", "$TUNNEL_TRANSPORT_PROTOCOL");
        _flags["protocol"] = ["auto"];
        AssertValue(Merge("protocol", "protocol: http2"), "auto", "--protocol");
    }

    private static void AssertValue(SettingValue value, string text, string origin)
    {
        Assert.Equal(text, value.ToString());
        Assert.Equal(origin, value.Origin);
    }

    // Section 8.2, rule 4.
    [Theory]
    [InlineData("management-diagnostics", "false", "true")]
    [InlineData("ha-connections", "0", "4")]
    [InlineData("retries", "-3", "5")]
    [InlineData("grace-period", "0s", "30s")]
    [InlineData("grace-period", "-5s", "30s")]
    [InlineData("protocol", "\"\"", "auto")]
    public void Empty_values_of_the_file_do_not_count(string name, string value, string expected) =>
        AssertValue(Merge(name, $"{name}: {value}"), expected, "default");

    [Fact]
    public void Variable_that_is_empty_hides_the_file()
    {
        _variables["TUNNEL_TRANSPORT_PROTOCOL"] = "";
        _variables["TUNNEL_RETRIES"] = "";

        AssertValue(Merge("protocol", "protocol: http2"), "", "$TUNNEL_TRANSPORT_PROTOCOL");
        AssertValue(Merge("retries", "retries: 3"), "5", "default");
    }

    [Fact]
    public void First_variable_that_exists_counts()
    {
        _variables["TUNNEL_TRANSPORT_LOGLEVEL"] = "warn";
        AssertValue(Merge("transport-loglevel"), "warn", "$TUNNEL_TRANSPORT_LOGLEVEL");
        _variables["TUNNEL_PROTO_LOGLEVEL"] = "debug";
        AssertValue(Merge("transport-loglevel"), "debug", "$TUNNEL_PROTO_LOGLEVEL");
    }

    [Fact]
    public void Lists_are_split_in_variables_only()
    {
        _variables["TUNNEL_EDGE"] = "a:1, b:2";
        Assert.Equal(["a:1", "b:2"], Merge("edge").Values);
        _flags["edge"] = ["c:3,d:4"];
        Assert.Equal(["c:3,d:4"], Merge("edge").Values);
        Assert.Equal(["x=1", "y=2"], Merge("tag", "tag: [x=1, y=2]").Values);
        Assert.Equal((0, true), (Merge("tag", "tag: []").Values.Count, Merge("tag", "tag: []").IsSet));
    }

    // Only flags are read by type: other keys of the file are left alone, with a warning.
    [Theory]
    [InlineData("C02", "retries", "retries: 5", "5")]
    [InlineData("C02", "grace-period", "grace-period: 30s", "30s")]
    [InlineData("C02", "hostname", "hostname: example.com", "example.com")]
    [InlineData("C02", "tag", "tag: [test, central-1]", "test,central-1")]
    [InlineData("C02", null, "percentage: 3.14", "line 1, column 1: unknown key percentage")]
    [InlineData("C02", null, "counters: [123, 456]", "line 1, column 1: unknown key counters")]
    public void Loose_key_of_the_file_is_read_by_its_type(string row, string? flag, string yaml, string expected)
    {
        if (flag is null)
        {
            Assert.Equal((row, expected), (row, Assert.Single(TestRules.File(yaml).Warnings).ToString()));
        }
        else
        {
            Assert.Equal((row, expected, SettingSource.File), (row, Merge(flag, yaml).ToString(), Merge(flag, yaml).Source));
        }
    }

    // Section 5.2.
    [Theory]
    [InlineData("protocol: 5", "expected string found int for protocol")]
    [InlineData("protocol:", "expected string found <nil> for protocol")]
    [InlineData("retries: x", "expected int found string for retries")]
    [InlineData("retries: 1.5", "expected int found float64 for retries")]
    [InlineData("no-tls-verify: yes", "expected boolean found string for no-tls-verify")]
    [InlineData("grace-period: 5", "expected duration found int for grace-period")]
    [InlineData("grace-period: abc", "time: invalid duration \"abc\"")]
    [InlineData("grace-period: \"5\"", "time: missing unit in duration \"5\"")]
    [InlineData("tag: x", "expected string slice found string for tag")]
    [InlineData("tag: [5]", "expected string, found int for 5")]
    [InlineData("metrics: [a]", "expected string found []interface {} for metrics")]
    [InlineData("metrics: {a: 1}", "expected string found map[string]interface {} for metrics")]
    public void Flag_of_another_kind_in_the_file_is_refused_with_its_place(string yaml, string error)
    {
        var column = Math.Min(yaml.IndexOf(':', StringComparison.Ordinal) + 3, yaml.Length + 1);

        Assert.Equal(
            $"{error} (config.yml:1, column {column})", Assert.ThrowsAny<IngressException>(() => Merged(yaml)).Message);
    }

    [Fact]
    public void Variable_of_another_kind_is_refused()
    {
        _variables["NO_TLS_VERIFY"] = "maybe";

        Assert.Equal(
            "invalid value \"maybe\" for $NO_TLS_VERIFY: it has to be true or false",
            Assert.ThrowsAny<IngressException>(() => Merged()).Message);
    }

    [Theory]
    [InlineData("output")]
    [InlineData("max-active-flows")]
    [InlineData("dns-resolver-addrs")]
    [InlineData("icmpv4-src")]
    [InlineData("icmpv6-src")]
    [InlineData("cred-file")]
    [InlineData("proto-loglevel")]
    [InlineData("pq")]
    public void Some_names_are_not_looked_for_in_the_file(string name)
    {
        var file = TestRules.File($"{name}: x");

        Assert.Empty(file.Settings);
        Assert.IsType<ConfigurationWarning>(Assert.Single(file.Warnings));
    }

    [Fact]
    public void Secrets_are_not_shown()
    {
        _flags["token"] = ["eyJ"];

        Assert.Equal("*****", Merge("token").ToString());
        Assert.Equal(["eyJ"], Merge("token").Values);
    }

    [Fact]
    public void Every_default_is_of_its_kind_and_every_name_is_there_once()
    {
        Assert.Equal(SettingTable.All.Count, SettingTable.All.Select(setting => setting.Name).Distinct().Count());
        foreach (var setting in SettingTable.All.Where(setting => setting.Default is not null))
        {
            _flags[setting.Name] = [setting.Default!];
        }

        Assert.Equal(SettingTable.All.Count, Merged().Count);
    }
}
