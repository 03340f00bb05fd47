using System.Diagnostics;
using System.Text;
using Culvert.Connector.Metrics;
using Culvert.Connector.Orchestration;
using Culvert.Engine.Flows;
using Culvert.Engine.Proxying;
using Culvert.Engine.Routing;
using Culvert.Ingress.Configuration;
using Culvert.Ingress.OriginRequests;
using Culvert.Ingress.Rules;
using Culvert.Ingress.Services;
using Culvert.Ingress.Snapshots;
using Culvert.Transports.Configuration;
using Culvert.Transports.Credentials;
using Culvert.Transports.Tls;
using Microsoft.Extensions.Logging.Abstractions;
using static System.StringComparison;

namespace Culvert.Connector.Tests.Orchestration;

/// <summary>Every state and answer of ingress-and-config, sections 6.3 to 6.7 and 11.11.</summary>
public sealed class OrchestratorTests : IAsyncLifetime, IAsyncDisposable
{
    private const string Teapot = """{"ingress":[{"service":"http_status:418"}]}""";

    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);

    private readonly ConnectorMetrics _metrics = new("2026.8.2");
    private readonly FlowLimiter _flows = new();
    private readonly CancellationTokenSource _stop = new();
    private ConnectorOptions _options = new()
    {
        Credentials = new TunnelCredentials("acct", Guid.NewGuid(), new byte[] { 1, 2, 3 }),
        EdgeAddresses = [],
        Trust = EdgeTrust.Default(),
        Ingress = IngressSnapshot.CatchAll(new OriginService.Status(404)),
    };

    private Proxy _proxy = null!;
    private Orchestrator _orchestrator = null!;

    public Task InitializeAsync() => StartAsync(_options);

    [Fact]
    public void Own_configuration_is_older_than_any()
    {
        Assert.Equal(-1, _orchestrator.Current.Version);
        Assert.Equal("http_status:404", Service());
    }

    [Fact]
    public async Task U01_Without_rules_of_its_own_a_connector_runs_with_the_one_that_answers_503()
    {
        await StartAsync(_options with { Ingress = IngressSnapshot.WithoutRules(OriginRequest.Default) });

        Assert.Equal((-1, "http_status:503"), (_orchestrator.Current.Version, Service()));
        Assert.Same(_proxy, _orchestrator.Proxy);
    }

    [Fact]
    public async Task U02_U03_U04_U05_Versions_come_one_after_another()
    {
        const string Jira = """
            {
              "unknown": { "any": [1] },
              "originRequest": { "connectTimeout": 90, "noHappyEyeballs": true },
              "ingress": [
                {
                  "hostname": "jira.tunnel.org", "path": "^/login", "service": "http://192.16.19.1:443",
                  "originRequest": { "noTLSVerify": true, "connectTimeout": 10 }
                },
                {
                  "hostname": "jira.tunnel.org", "service": "http://172.32.20.6:80",
                  "originRequest": { "noTLSVerify": true, "connectTimeout": 30 }
                },
                { "service": "http_status:404" }
              ],
              "warp-routing": { "connectTimeout": 10 }
            }
            """;
        Assert.Equal(new ConfigurationUpdateResult(2, null), await UpdateAsync(2, Jira));
        var second = _orchestrator.Current;
        var rules = second.Ingress.Rules;
        Assert.Equal([0, 0, 1], new[] { "/login", "/login/2fa", "/users" }.Select(path => Match("jira.tunnel.org", path)));
        Assert.Equal(2, Match("other.org", "/login"));
        Assert.Equal([10, 30, 90], rules.Select(rule => rule.OriginRequest.ConnectTimeout.TotalSeconds));
        Assert.Equal([true, true, false], rules.Select(rule => rule.OriginRequest.NoTlsVerify));
        Assert.All(rules, rule => Assert.True(rule.OriginRequest.NoHappyEyeballs));
        Assert.Equal(TimeSpan.FromSeconds(10), second.WarpRouting.ConnectTimeout);

        Assert.Equal(new ConfigurationUpdateResult(2, null), await UpdateAsync(1, ""));
        var refused = await UpdateAsync(3, """{"originRequest":}""");
        Assert.Equal(2, refused.LatestAppliedVersion);
        Assert.NotNull(refused.Error);
        Assert.Same(second, _orchestrator.Current);

        Assert.Equal(
            new ConfigurationUpdateResult(10, null),
            await UpdateAsync(10, """{"ingress":[{"service":"hello-world"}],"warp-routing":{}}"""));
        Assert.Equal("hello_world", Assert.Single(_orchestrator.Current.Ingress.Rules).Service.ToString());
        Assert.Equal(WarpRouting.Default, _orchestrator.Current.WarpRouting);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(int.MaxValue)]
    public async Task U06_First_version_of_the_edge_is_newer(int version)
    {
        Assert.Equal(new ConfigurationUpdateResult(version, null), await UpdateAsync(version, Teapot));
        Assert.Equal("http_status:418", Service());
        Assert.Contains($"cloudflared_orchestration_config_version {version}\n", await MetricsAsync());
    }

    [Fact]
    public async Task Version_metric_says_0_before()
    {
        Assert.Contains("cloudflared_orchestration_config_version 0\n", await MetricsAsync());
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(int.MinValue)]
    [InlineData(4)]
    [InlineData(5)]
    public async Task Old_version_is_answered_without_an_error_and_not_read(int version)
    {
        await UpdateAsync(5, Teapot);

        Assert.Equal(new ConfigurationUpdateResult(5, null), await UpdateAsync(version, "not JSON"));
        Assert.Equal("http_status:418", Service());
    }

    [Theory]
    [InlineData("", "unexpected end of JSON input")]
    [InlineData("""{"originRequest":}""", "invalid character '}'")]
    [InlineData("[]", "json: cannot unmarshal array into Go value of type ingress.RemoteConfigJSON")]
    [InlineData("""{"ingress":[{"service":"nonsense:"}]}""", "nonsense: is an invalid address")]
    [InlineData("""{"ingress":[{"hostname":"a.example","service":"http://a"}]}""", "The last ingress rule must match all URLs")]
    [InlineData("""{"warp-routing":{"maxActiveFlows":-1}}""", "json: cannot unmarshal number -1 into Go struct field")]
    public async Task Bad_configuration_is_answered_with_the_reason(string json, string reason)
    {
        await UpdateAsync(2, Teapot);
        var result = await UpdateAsync(4, json);

        Assert.Equal(2, result.LatestAppliedVersion);
        Assert.Contains(reason, result.Error, StringComparison.Ordinal);
        Assert.Equal(2, _orchestrator.Current.Version);
        Assert.Equal("http_status:418", Service());
    }

    [Fact]
    public async Task Refused_version_may_be_tried_again()
    {
        Assert.NotNull((await UpdateAsync(4, "{")).Error);

        Assert.Equal(new ConfigurationUpdateResult(4, null), await UpdateAsync(4, Teapot));
    }

    [Fact]
    public async Task Origin_that_does_not_start_leaves_everything_as_it_was()
    {
        await UpdateAsync(
            1, """{"ingress":[{"service":"http_status:418"}],"warp-routing":{"maxActiveFlows":7,"connectTimeout":2}}""");
        var before = _orchestrator.Current;
        var result = await UpdateAsync(2, """
            {
              "ingress": [
                { "hostname": "a.example", "service": "hello_world" },
                { "service": "https://localhost:1", "originRequest": { "caPool": "/nonexistent/ca.pem" } }
              ],
              "warp-routing": { "maxActiveFlows": 9 }
            }
            """);

        Assert.Equal(1, result.LatestAppliedVersion);
        Assert.StartsWith(
            "failed to start origin: Error loading cert pool: unable to read the file /nonexistent/ca.pem", result.Error);
        Assert.Same(before, _orchestrator.Current);
        Assert.Equal(7, _flows.Limit);
        Assert.Equal(0, _proxy.ReplacedTables);
        Assert.Contains("cloudflared_orchestration_config_version 1\n", await MetricsAsync());
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("null")]
    [InlineData("""{"ingress":[]}""")]
    public async Task U07_Without_rules_everything_is_answered_503(string json)
    {
        Assert.Equal(new ConfigurationUpdateResult(0, null), await UpdateAsync(0, json));
        Assert.Equal("http_status:503", Service());
        Assert.Single(_orchestrator.Current.Ingress.Rules);
    }

    [Fact]
    public async Task Configuration_of_the_edge_replaces_all_of_the_own_one()
    {
        await StartAsync(
            _options with { WarpRouting = new WarpRouting { ConnectTimeout = TimeSpan.FromSeconds(9), MaxActiveFlows = 3 } });
        Assert.Equal(3, _flows.Limit);
        await UpdateAsync(1, """
            {
              "unknown": 1,
              "originRequest": { "connectTimeout": 90, "noHappyEyeballs": true },
              "ingress": [
                { "hostname": "jira.example", "path": "^/login", "service": "http://192.0.2.1:443", "originRequest": { "connectTimeout": 10 } },
                { "service": "http_status:404" }
              ],
              "warp-routing": { "connectTimeout": 10 }
            }
            """);
        var (_, ingress, warpRouting) = _orchestrator.Current;

        Assert.Equal([10, 90], ingress.Rules.Select(rule => rule.OriginRequest.ConnectTimeout.TotalSeconds));
        Assert.All(ingress.Rules, rule => Assert.True(rule.OriginRequest.NoHappyEyeballs));
        Assert.Equal(new WarpRouting { ConnectTimeout = TimeSpan.FromSeconds(10) }, warpRouting);
        Assert.Equal(0, _flows.Limit);
    }

    [Theory]
    [InlineData(100UL, 100L)]
    [InlineData(0UL, 0L)]
    [InlineData(ulong.MaxValue, long.MaxValue)]
    public async Task U09_Number_of_flows_on_the_command_line_counts_more_than_any_configuration(ulong flag, long limit)
    {
        await StartAsync(_options with { MaxActiveFlows = flag });
        AssertInForce();
        await UpdateAsync(1, """{"warp-routing":{"maxActiveFlows":500}}""");

        AssertInForce();

        void AssertInForce()
        {
            var (_, ingress, warpRouting) = _orchestrator.Current;
            Assert.Equal((flag, limit), (warpRouting.MaxActiveFlows, _flows.Limit));
            Assert.EndsWith(
                flag == 0 ? "\"warp-routing\":{}}" : $"\"warp-routing\":{{\"maxActiveFlows\":{flag}}}}}",
                Encoding.UTF8.GetString(ConfigurationJson.WriteLocal(ingress, warpRouting).Span), StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Nothing_changes_when_the_connector_stops()
    {
        await _stop.CancelAsync();

        Assert.Equal(new ConfigurationUpdateResult(-1, "cloudflared already shutdown"), await UpdateAsync(1, Teapot));
        var e = await Assert.ThrowsAsync<IngressException>(() => ReloadAsync(500));
        Assert.Equal("cloudflared already shutdown", e.Message);
        Assert.Equal("http_status:404", Service());
    }

    [Fact]
    public async Task Update_that_the_edge_gave_up_changes_nothing()
    {
        using var given = new CancellationTokenSource();
        await given.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() =>
            _orchestrator.UpdateConfigurationAsync(new ConfigurationUpdate(1, Encoding.UTF8.GetBytes(Teapot)), given.Token)
                .AsTask());
        Assert.Equal("http_status:404", Service());
        Assert.Equal(new ConfigurationUpdateResult(1, null), await UpdateAsync(1, Teapot));
    }

    [Fact]
    public async Task Updates_that_come_at_once_are_made_one_after_another_and_the_newest_stays()
    {
        var updates = Enumerable.Range(0, Orchestrator.MaxPendingUpdates).Select(version => Task.Run(() => UpdateAsync(
            version,
            $$"""{"ingress":[{"hostname":"a.example","service":"hello_world"},{"service":"http_status:{{200 + version}}"}]}""")));
        var results = await Task.WhenAll(updates);

        Assert.All(results, result => Assert.Null(result.Error));
        Assert.Equal(Orchestrator.MaxPendingUpdates - 1, _orchestrator.Current.Version);
        Assert.Equal($"http_status:{200 + Orchestrator.MaxPendingUpdates - 1}", Service(1));
    }

    [Fact]
    public async Task Update_that_finds_too_many_waiting_is_refused()
    {
        // Reading a pipe holds the first update up until something was written to it.
        var folder = Directory.CreateTempSubdirectory("culvert-updates-");
        var pipe = Path.Combine(folder.FullName, "ca.pem");
        using (var make = Process.Start("mkfifo", [pipe]))
        {
            await make.WaitForExitAsync();
        }

        var first = Task.Run(() => UpdateAsync(
            1, """{"ingress":[{"service":"https://localhost:1","originRequest":{"caPool":"PIPE"}}]}""".Replace(
                "PIPE", pipe, Ordinal)));
        var writer = await Task.Run(() => new FileStream(pipe, FileMode.Open, FileAccess.Write, FileShare.ReadWrite))
            .WaitAsync(Limit);
        var waiting = Enumerable.Range(2, Orchestrator.MaxPendingUpdates - 1)
            .Select(version => UpdateAsync(version, Teapot)).ToArray();
        var refused = UpdateAsync(99, Teapot);

        Assert.Equal(
            new ConfigurationUpdateResult(-1, "16 configuration updates are waiting already"), await refused.WaitAsync(Limit));
        await writer.WriteAsync("no certificate"u8.ToArray());
        await writer.DisposeAsync();
        Assert.Null((await first.WaitAsync(Limit)).Error);
        Assert.All(await Task.WhenAll(waiting).WaitAsync(Limit), result => Assert.Null(result.Error));
        Assert.Equal(new ConfigurationUpdateResult(99, null), await UpdateAsync(99, Teapot));
        folder.Delete(recursive: true);
    }

    [Fact]
    public async Task Own_configuration_is_replaced_while_the_edge_has_sent_none()
    {
        var changed = _orchestrator.LocalChanged;
        Assert.True(await ReloadAsync(500, new WarpRouting { MaxActiveFlows = 2 }));

        Assert.Equal((-1, "http_status:500", 2L), (_orchestrator.Current.Version, Service(), _flows.Limit));
        Assert.True(changed.IsCompleted);
        Assert.False(_orchestrator.LocalChanged.IsCompleted);
    }

    [Fact]
    public async Task Own_configuration_stays_behind_that_of_the_edge()
    {
        await UpdateAsync(0, Teapot);

        Assert.False(await ReloadAsync(500));
        Assert.Equal((0, "http_status:418"), (_orchestrator.Current.Version, Service()));
        Assert.False(_orchestrator.LocalChanged.IsCompleted);
    }

    [Fact]
    public async Task Own_configuration_whose_origin_does_not_start_leaves_the_old_one()
    {
        var rule = new RuleDefinition
        {
            Service = "https://localhost:1",
            OriginRequest = new() { CaPool = "/nonexistent/ca.pem" },
        };
        var e = await Assert.ThrowsAsync<IngressException>(() => _orchestrator.ReloadAsync(
            new IngressConfiguration { Rules = [rule] }.ToSnapshot(), new WarpRouting { MaxActiveFlows = 2 }, default));

        Assert.StartsWith("failed to start origin: ", e.Message);
        Assert.Equal(("http_status:404", 0L), (Service(), _flows.Limit));
        Assert.False(_orchestrator.LocalChanged.IsCompleted);
    }

    public async Task DisposeAsync()
    {
        await _proxy.DisposeAsync();
        _stop.Dispose();
    }

    async ValueTask IAsyncDisposable.DisposeAsync() => await DisposeAsync();

    private async Task StartAsync(ConnectorOptions options)
    {
        if (_proxy is not null)
        {
            await _proxy.DisposeAsync();
        }

        _options = options;
        _proxy = new Proxy(await OriginTable.StartAsync(options.Ingress, _metrics.Proxy, default), NullLogger.Instance);
        _orchestrator = new Orchestrator(options, _proxy, _flows, _metrics, NullLogger.Instance, _stop.Token);
    }

    private int Match(string host, string path) =>
        _orchestrator.Current.Ingress.Match(Encoding.UTF8.GetBytes(host), Encoding.UTF8.GetBytes(path));

    private string Service(int rule = 0) => _orchestrator.Current.Ingress.Rules[rule].Service.ToString();

    private Task<ConfigurationUpdateResult> UpdateAsync(int version, string json) =>
        _orchestrator.UpdateConfigurationAsync(new ConfigurationUpdate(version, Encoding.UTF8.GetBytes(json)), default).AsTask();

    private Task<bool> ReloadAsync(int status, WarpRouting? warpRouting = null) => _orchestrator.ReloadAsync(
        IngressSnapshot.CatchAll(new OriginService.Status(status)), warpRouting ?? WarpRouting.Default, default);

    private async Task<string> MetricsAsync()
    {
        using var text = new MemoryStream();
        await _metrics.Registry.CollectAndExportAsTextAsync(text);
        return Encoding.UTF8.GetString(text.ToArray());
    }
}
