using Culvert.Engine.Access;
using Culvert.Ingress.OriginRequests;
using Culvert.Tests.Fixtures;

namespace Culvert.Engine.Tests.Access;

/// <summary>Which tokens are valid (ingress-and-config, section 4.2).</summary>
public sealed class AccessTokenTests : IAsyncLifetime, IDisposable
{
    private AccessTeam _team = null!;
    private AccessKeySet _keys = null!;

    public async Task InitializeAsync()
    {
        _team = await AccessTeam.StartAsync();
        _keys = new AccessKeySet(AccessTeam.Issuer, _team.Client, TimeProvider.System);
    }

    public async Task DisposeAsync() => await _team.DisposeAsync();

    public void Dispose() => _keys.Dispose();

    [Fact]
    public async Task Good_token_tells_its_audiences()
    {
        Assert.Equal(["aud"], await ValidateAsync(_team.Token()));
        Assert.Equal(["one"], await ValidateAsync(_team.Token(audience: "one")));
        Assert.Equal(["one", "two"], await ValidateAsync(_team.Token(audience: new[] { "one", "two" })));
        Assert.Equal(1, _team.Asked);
    }

    [Fact]
    public async Task Token_without_a_key_name_is_tried_with_every_key()
    {
        _team.AddKey("second");

        Assert.Equal(["aud"], await ValidateAsync(_team.Token(key: "second", kid: null)));
    }

    [Fact]
    public async Task Time_is_a_number_a_fraction_or_text()
    {
        var later = DateTimeOffset.UtcNow.AddHours(1).ToUnixTimeSeconds();

        await ValidateAsync(_team.Token(expires: later + 0.5));
        await ValidateAsync(_team.Token(expires: $"{later}"));
        await AssertRefusedAsync("oidc: ", _team.Token(expires: "soon"));
        await AssertRefusedAsync("oidc: ", _team.Token(expires: 1e30));
    }

    [Fact]
    public async Task Token_may_begin_five_minutes_from_now_but_not_later()
    {
        await ValidateAsync(_team.Token(notBefore: DateTimeOffset.UtcNow.AddMinutes(4).ToUnixTimeSeconds()));
        await AssertRefusedAsync(
            "before the nbf", _team.Token(notBefore: DateTimeOffset.UtcNow.AddMinutes(7).ToUnixTimeSeconds()));
    }

    // The token's own dates count: from five minutes before its beginning to its end.
    [Theory]
    [InlineData(1, "oidc: token is expired")]
    [InlineData(3650, "oidc: token is expired")]
    [InlineData(-1, "before the nbf")]
    [InlineData(-3650, "before the nbf")]
    public async Task Token_is_judged_by_the_date_that_is_set(int days, string error)
    {
        var time = new FakeTime();
        var now = time.GetUtcNow();
        var token = _team.Token(
            notBefore: now.AddMinutes(-1).ToUnixTimeSeconds(), expires: now.AddMinutes(10).ToUnixTimeSeconds());
        var validator = new AccessTokenValidator(new AccessSettings { TeamName = "team" }, _keys, time);
        await validator.ValidateAsync(token, default);
        time.Jump(TimeSpan.FromDays(days));
        var refused = await Assert.ThrowsAsync<AccessTokenException>(() => validator.ValidateAsync(token, default).AsTask());
        Assert.Contains(error, refused.Message, StringComparison.Ordinal);
        time.Jump(TimeSpan.FromDays(-days));
        await validator.ValidateAsync(token, default);
    }

    [Fact]
    public async Task Token_that_has_ended_is_refused()
    {
        await AssertRefusedAsync(
            "oidc: token is expired", _team.Token(expires: DateTimeOffset.UtcNow.AddSeconds(-2).ToUnixTimeSeconds()));
        await AssertRefusedAsync("oidc: token is expired", _team.Token(noExpiry: true));
    }

    [Theory]
    [InlineData("https://team.cloudflareaccess.com/")]
    [InlineData("https://other.cloudflareaccess.com")]
    [InlineData(null)]
    public Task Token_of_another_issuer_is_refused(string? issuer) => AssertRefusedAsync(
        $"oidc: id token issued by a different provider, expected \"{AccessTeam.Issuer}\" got \"{issuer}\"",
        _team.Token(issuer: issuer));

    [Theory]
    [InlineData("none")]
    [InlineData("HS256")]
    [InlineData("ES256")]
    [InlineData("RS512")]
    [InlineData("rs256")]
    public Task Token_of_another_algorithm_is_refused(string algorithm) => AssertRefusedAsync(
        $"oidc: malformed jwt: unexpected signature algorithm \"{algorithm}\"; expected [\"RS256\"]",
        _team.Token(algorithm: algorithm));

    [Fact]
    public async Task Unsigned_token_is_refused()
    {
        var token = _team.Token();

        await AssertRefusedAsync("failed to verify signature", token[..(token.LastIndexOf('.') + 1)]);
        await AssertRefusedAsync("failed to verify signature", _team.Sign("{\"alg\":\"RS256\"}", "{}")[..^2] + "AA");
        await AssertRefusedAsync("unexpected signature algorithm", $"{AccessTeam.Encode("{\"alg\":\"none\"}"u8.ToArray())}.e30.");
    }

    [Fact]
    public async Task Payload_of_another_token_is_refused()
    {
        var parts = _team.Token().Split('.');
        var other = _team.Token(audience: "other").Split('.');

        await AssertRefusedAsync("failed to verify signature", $"{parts[0]}.{other[1]}.{parts[2]}");
    }

    [Theory]
    [InlineData("x", "compact JWS format must have three parts")]
    [InlineData("a.b", "compact JWS format must have three parts")]
    [InlineData("a.b.c.d.e", "compact JWS format must have three parts")]
    [InlineData("..", "oidc: malformed jwt")]
    [InlineData("a.b.c", "oidc: malformed jwt")]
    [InlineData("e30.e30.e30", "oidc: malformed jwt")]
    [InlineData("\u00e9.\u00e9.\u00e9", "oidc: malformed jwt")]
    [InlineData("W10.W10.W10", "oidc: malformed jwt")]
    public Task Text_that_is_no_token_is_refused(string token, string error) => AssertRefusedAsync(error, token);

    [Theory]
    [InlineData("V24", "")]
    [InlineData("V24", "invalid")]
    [InlineData("V24", "HS256")]
    public async Task Validator_of_a_team_refuses(string row, string text)
    {
        var token = text == "HS256" ? _team.Token(algorithm: text) : text;

        Assert.Equal(
            (row, typeof(AccessTokenException)), (row, (await Record.ExceptionAsync(() => ValidateAsync(token)))?.GetType()));
    }

    [Fact]
    public async Task V26_any_team_environment_and_audience_only_refuse()
    {
        var random = new Random(26);
        for (var round = 0; round < 200; round++)
        {
            var settings = new AccessSettings { TeamName = Text(), Environment = Text(), AudienceTags = [Text()] };
            using var keys = new AccessKeySet(AccessIssuer.Of(settings), _team.Client, TimeProvider.System);
            var validator = new AccessTokenValidator(settings, keys, TimeProvider.System);

            await Assert.ThrowsAsync<AccessTokenException>(
                () => validator.ValidateAsync(_team.Token(audience: Text()), default).AsTask());
            await Assert.ThrowsAsync<AccessTokenException>(() => validator.ValidateAsync(Text(), default).AsTask());
        }

        string Text() => new([.. Enumerable.Range(0, random.Next(20)).Select(_ => (char)random.Next(1, 0xD800))]);
    }

    [Fact]
    public async Task Payload_that_is_no_object_is_refused()
    {
        const string Header = "{\"alg\":\"RS256\",\"kid\":\"first\"}";
        foreach (var payload in new[] { "", "[]", "1", "nonsense", "{\"iss\":1}", "{\"aud\":[1]}", "{\"aud\":{}}",
            new string('[', 100) })
        {
            await Assert.ThrowsAsync<AccessTokenException>(() => ValidateAsync(_team.Sign(Header, payload)));
        }
    }

    [Fact]
    public Task Critical_header_is_refused() =>
        AssertRefusedAsync("crit", _team.Sign("{\"alg\":\"RS256\",\"kid\":\"first\",\"crit\":[\"exp\"]}", "{}"));

    [Fact]
    public async Task Token_of_any_size_is_refused_before_it_is_read()
    {
        var large = _team.Token(audience: new string('a', AccessTokenValidator.MaxTokenLength));

        await AssertRefusedAsync("longer than", large);
        Assert.Equal(0, _team.Asked);
    }

    [Theory]
    [InlineData("", "team", "https://team.cloudflareaccess.com")]
    [InlineData("fed", "team", "https://team.fed.cloudflareaccess.com")]
    [InlineData("FED", "team", "https://team.cloudflareaccess.com")]
    [InlineData("", "", "https://.cloudflareaccess.com")]
    public void Issuer_depends_on_team_and_environment(string environment, string team, string issuer) =>
        Assert.Equal(issuer, AccessIssuer.Of(new AccessSettings { TeamName = team, Environment = environment }));

    [Theory]
    [InlineData("V25", "")]
    [InlineData("V25", "ftp://test.cloudflareaccess.com")]
    [InlineData("V25", "wss://test.cloudflareaccess.com")]
    [InlineData("", "evil.example/#")]
    [InlineData("", "user@evil.example?")]
    [InlineData("", "a b")]
    public async Task Team_name_that_leads_elsewhere_has_no_keys(string row, string team)
    {
        using var client = new AccessKeyClient(null, new NobodyMayBeAsked());
        var issuer = AccessIssuer.Of(new AccessSettings { TeamName = team });

        var refused = await Record.ExceptionAsync(() => client.FetchAsync(issuer, default));
        Assert.Equal((row, typeof(AccessTokenException)), (row, refused?.GetType()));
    }

    private async Task AssertRefusedAsync(string error, string token) =>
        Assert.Contains(
            error, (await Assert.ThrowsAsync<AccessTokenException>(() => ValidateAsync(token))).Message,
            StringComparison.Ordinal);

    private async Task<IReadOnlyList<string>> ValidateAsync(string token) =>
        await new AccessTokenValidator(new AccessSettings { TeamName = "team" }, _keys, TimeProvider.System).ValidateAsync(
            token, default);

    private sealed class NobodyMayBeAsked : HttpMessageHandler
    {
        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken) =>
            throw new InvalidOperationException($"{request.RequestUri} was asked");
    }
}
