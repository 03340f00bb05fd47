using Culvert.Engine.Metrics;
using Culvert.Engine.Proxying;
using Culvert.Engine.Routing;
using Culvert.Engine.Tests.Fixtures;
using Culvert.Ingress.OriginRequests;
using Culvert.Ingress.Rules;
using Culvert.Ingress.Snapshots;
using Culvert.Transports.Headers;
using Culvert.Transports.Streams;
using Microsoft.Extensions.Logging.Abstractions;

namespace Culvert.Engine.Tests.Access;

/// <summary>What visitors of a rule with Access see (ingress-and-config, sections 4.4 and 4.5).</summary>
public sealed class AccessOriginTests : IAsyncLifetime
{
    private AccessTeam _team = null!;

    public async Task InitializeAsync() => _team = await AccessTeam.StartAsync();

    public async Task DisposeAsync() => await _team.DisposeAsync();

    [Theory]
    [InlineData("J01", new[] { "T1", "T2" }, new[] { "T2" }, "200")]
    [InlineData("J02", new[] { "T1", "T2" }, new[] { "T3" }, "403")]
    [InlineData("J03", new string[0], new[] { "T3" }, "403")]
    [InlineData("J04", new[] { "T1", "T2" }, new[] { "" }, "403")]
    public async Task Token_has_to_be_for_the_rules_audience(string row, string[] wanted, string[] has, string status)
    {
        await using var proxy = await StartAsync(wanted);
        using var stream = await ServeAsync(proxy, _team.Token(audience: has));

        Assert.Equal((row, status), (row, Assert.Single(stream.Head!)));
        Assert.Empty(await stream.ReadToEndAsync());
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    public async Task Request_without_a_token_is_403_and_nobody_is_asked(string? token)
    {
        await using var proxy = await StartAsync(["aud"]);
        using var stream = await ServeAsync(proxy, token);

        Assert.Equal(["403"], stream.Head!);
        Assert.Equal(0, _team.Asked);
    }

    [Fact]
    public async Task Bad_token_is_a_rejection_with_the_reason()
    {
        await using var proxy = await StartAsync(["aud"]);
        using var stream = await ServeAsync(proxy, "a.b");

        Assert.Null(stream.Head);
        Assert.Equal(ResponseSource.Connector, stream.Rejection!.Value.Source);
        Assert.Equal(
            "error while processing middleware handler AccessJWTValidator: "
                + "oidc: malformed jwt: go-jose/go-jose: compact JWS format must have three parts",
            stream.Rejection.Value.Reason);
    }

    [Fact]
    public async Task Nobody_is_let_in_when_the_keys_cannot_be_had()
    {
        var token = _team.Token();
        await _team.StopServerAsync();
        await using var proxy = await StartAsync(["aud"]);
        using var stream = await ServeAsync(proxy, token);

        Assert.Null(stream.Head);
        Assert.StartsWith(
            "error while processing middleware handler AccessJWTValidator: failed to verify signature: fetching keys oidc: get " +
            "keys failed",
            stream.Rejection!.Value.Reason);
    }

    [Theory]
    [InlineData("http_status:200", StreamKind.Http)]
    [InlineData("hello_world", StreamKind.Http)]
    [InlineData("http://localhost:1", StreamKind.WebSocket)]
    [InlineData("tcp://localhost:1", StreamKind.WebSocket)]
    [InlineData("bastion", StreamKind.WebSocket)]
    [InlineData("socks-proxy", StreamKind.WebSocket)]
    public async Task Every_kind_of_service_is_guarded(string service, StreamKind kind)
    {
        await using var proxy = await StartAsync(["aud"], service);
        using var stream = await ServeAsync(proxy, null, kind);

        Assert.Equal(["403"], stream.Head!);
    }

    [Fact]
    public async Task Rules_of_a_team_share_its_keys_and_other_rules_need_no_token()
    {
        await using var table = await OriginTable.StartAsync(
            IngressSnapshot.Create(
                [
                    Rule("a.example", ["one"]), Rule("b.example", ["two"]),
                    new RuleDefinition { Hostname = "c.example", Service = "http_status:200" }, Rule("", ["three"]),
                ],
                new OriginRequestOverrides()),
            new ProxyMetrics(), NullLogger.Instance, _team.Client, TimeProvider.System, default);
        await using var proxy = new Proxy(table, NullLogger.Instance);
        foreach (var (host, audience, status) in new[]
        {
            ("a.example", "one", "200"), ("b.example", "two", "200"), ("b.example", "one", "403"), ("c.example", "", "200"),
        })
        {
            using var stream = await ServeAsync(proxy, audience.Length == 0 ? null : _team.Token(audience), authority: host);
            Assert.Equal([status], stream.Head!);
        }

        Assert.Equal(1, _team.Asked);
    }

    [Fact]
    public async Task Inherited_settings_ask_for_no_token()
    {
        var access = new OriginRequestOverrides { Access = Settings(["aud"]) };
        await using var table = await OriginTable.StartAsync(
            IngressSnapshot.Create([new RuleDefinition { Service = "http_status:200" }], access), new ProxyMetrics(), default);
        await using var proxy = new Proxy(table, NullLogger.Instance);
        using var stream = await ServeAsync(proxy, null);

        Assert.Equal(["200"], stream.Head!);
    }

    private static AccessSettings Settings(string[] audiences) =>
        new() { Required = true, TeamName = "team", AudienceTags = audiences };

    private static RuleDefinition Rule(string hostname, string[] audiences, string service = "http_status:200") => new()
    {
        Hostname = hostname,
        Service = service,
        OriginRequest = new OriginRequestOverrides { Access = Settings(audiences) },
    };

    private static async Task<FakeEdgeStream> ServeAsync(
        Proxy proxy, string? token, StreamKind kind = StreamKind.Http, string authority = "demo.example")
    {
        var stream = new FakeEdgeStream(authority: authority);
        stream.Request.Kind = kind;
        if (token is not null)
        {
            stream.Request.Headers.Add("Cf-Access-Jwt-Assertion", token);
            stream.Request.Headers.Add("cf-access-jwt-assertion", "second");
        }

        await proxy.ServeAsync(stream);
        return stream;
    }

    private async Task<Proxy> StartAsync(string[] audiences, string service = "http_status:200") => new(
        await OriginTable.StartAsync(
            IngressSnapshot.Create([Rule("", audiences, service)], new OriginRequestOverrides()), new ProxyMetrics(),
            NullLogger.Instance,
            _team.Client, TimeProvider.System, default),
        NullLogger.Instance);
}
