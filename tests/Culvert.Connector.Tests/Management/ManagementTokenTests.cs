using Culvert.Connector.Management;

namespace Culvert.Connector.Tests.Management;

public sealed class ManagementTokenTests
{
    [Fact]
    public void S11_9_ValidTokenIsRead()
    {
        var token =
            ManagementToken.Parse(
                TestTokens.Create(
                    TestTokens.Claims.Replace("\"res\"", "\"iss\":\"tunnelstore\",\"res\"", StringComparison.Ordinal)))!;

        Assert.Equal(
            ("8f1d2b1e-0000-4000-8000-000000000001", "acct", "me", "tunnelstore"),
            (token.TunnelId, token.AccountTag, token.Actor, token.Issuer));
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("eyJ")]
    [InlineData("a.b")]
    [InlineData("a.b.c.d")]
    [InlineData("!.!.!")]
    public void S11_9_WhatIsNoTokenIsNone(string? token) => Assert.Null(ManagementToken.Parse(token));

    [Theory]
    [InlineData("tun", "tux")]
    [InlineData("\"id\":\"8f", "\"ix\":\"8f")]
    [InlineData("account_tag", "tag")]
    [InlineData("\"acct\"", "\"\"")]
    [InlineData("actor", "author")]
    [InlineData("\"id\":\"me\"", "\"id\":7")]
    [InlineData("\"me\"", "\"\"")]
    [InlineData("\"me\"", "\"\\ud800\"")]
    [InlineData("{\"tun\"", "[{\"tun\"")]
    public void S11_9_TokenThatLacksAClaimIsNone(string part, string replacement) =>
        Assert.Null(
            ManagementToken.Parse(TestTokens.Create(TestTokens.Claims.Replace(part, replacement, StringComparison.Ordinal))));

    [Theory]
    [InlineData("""{"alg":"none"}""")]
    [InlineData("""{"alg":"HS256"}""")]
    [InlineData("""{"alg":"RS256"}""")]
    [InlineData("""{"alg":null}""")]
    [InlineData("[]")]
    [InlineData("{}")]
    public void S7_1_OtherAlgorithmsAreRefused(string header) =>
        Assert.Null(ManagementToken.Parse(TestTokens.Create(TestTokens.Claims, header)));

    [Fact]
    public void Token_that_is_too_long_or_too_deep_is_refused()
    {
        Assert.Null(ManagementToken.Parse(TestTokens.Valid + new string('a', ManagementToken.MaxLength)));
        Assert.Null(
            ManagementToken.Parse(
                TestTokens.Create(
                    TestTokens.Claims.Replace(
                        "[\"logs\"]", new string('[', 50) + new string(']', 50), StringComparison.Ordinal))));
        Assert.Null(ManagementToken.Parse(TestTokens.Valid[..^"c2lnbmF0dXJl".Length]));
    }

    [Fact]
    public void Mutated_tokens_are_read_or_refused_and_nothing_else()
    {
        var random = new Random(7);
        for (var i = 0; i < 5_000; i++)
        {
            var claims = TestTokens.Claims.ToCharArray();
            for (var changes = random.Next(1, 4); changes > 0; changes--)
            {
                claims[random.Next(claims.Length)] = (char)random.Next(1, 128);
            }

            if (ManagementToken.Parse(TestTokens.Create(new string(claims))) is { } token)
            {
                Assert.All(new[] { token.TunnelId, token.AccountTag, token.Actor }, part => Assert.NotEmpty(part));
            }
        }
    }
}
