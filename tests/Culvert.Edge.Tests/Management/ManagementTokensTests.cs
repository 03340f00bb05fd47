using System.Buffers.Text;
using System.Text;
using System.Text.Json;
using Culvert.Edge.Management;
using Culvert.Edge.Tunnels;
using Culvert.Tests.Fixtures;
using Culvert.Transports.Credentials;

namespace Culvert.Edge.Tests.Management;

public sealed class ManagementTokensTests : IDisposable
{
    private static readonly Tunnel Tunnel = new(
        new TunnelCredentials("account", Guid.NewGuid(), new byte[32]), "demo.example", isQuick: false, default);

    private readonly FakeTime _time = new();
    private readonly ManagementTokens _tokens;

    public ManagementTokensTests() => _tokens = new ManagementTokens(_time);

    [Fact]
    public async Task K52_TokenHasTheClaimsThatConnectorsWantAndIsVerified()
    {
        var token = _tokens.Issue(Tunnel, ManagementTokens.Allowed("logs")!);
        using var header = Part(token, 0);
        using var payload = Part(token, 1);

        Assert.Equal("ES256", header.RootElement.GetProperty("alg").GetString());
        Assert.Equal(Tunnel.Id, payload.RootElement.GetProperty("tun").GetProperty("id").GetGuid());
        Assert.Equal("account", payload.RootElement.GetProperty("tun").GetProperty("account_tag").GetString());
        Assert.NotEmpty(payload.RootElement.GetProperty("actor").GetProperty("id").GetString()!);
        Assert.Equal(3600, payload.RootElement.GetProperty("exp").GetInt64() - payload.RootElement.GetProperty("iat").GetInt64());
        var claims = (await _tokens.VerifyAsync(token))!;
        Assert.Equal(Tunnel.Id, claims.TunnelId);
        Assert.Equal(["logs", "ping"], claims.Resources);
    }

    [Fact]
    public async Task K52_TokenWhoseTimeIsUpIsNone()
    {
        var token = _tokens.Issue(Tunnel, ["logs"]);
        _time.Advance(ManagementTokens.Lifetime - TimeSpan.FromSeconds(2));
        Assert.NotNull(await _tokens.VerifyAsync(token));
        _time.Advance(TimeSpan.FromSeconds(2));

        Assert.Null(await _tokens.VerifyAsync(token));
    }

    // The date counts, not the time that has passed.
    [Theory]
    [InlineData(1, false)]
    [InlineData(3650, false)]
    [InlineData(-1, true)]
    [InlineData(-3650, true)]
    public async Task K52_TokenHoldsUntilItsDateWhateverTheDateIsSetTo(int days, bool valid)
    {
        var token = _tokens.Issue(Tunnel, ["logs"]);
        _time.Jump(TimeSpan.FromDays(days));

        Assert.Equal(valid, await _tokens.VerifyAsync(token) is not null);
        Assert.NotNull(await _tokens.VerifyAsync(_tokens.Issue(Tunnel, ["logs"])));
        _time.Jump(TimeSpan.FromDays(-days));
        Assert.NotNull(await _tokens.VerifyAsync(token));
    }

    [Fact]
    public async Task K52_TokenOfAnotherNodeIsNone()
    {
        using var other = new ManagementTokens(_time);

        Assert.Null(await _tokens.VerifyAsync(other.Issue(Tunnel, ["admin"])));
    }

    [Theory]
    [InlineData("")]
    [InlineData("x")]
    [InlineData("..")]
    [InlineData("eyJhbGciOiJub25lIn0.e30.")]
    public async Task K52_WhatIsNoTokenIsNone(string token) => Assert.Null(await _tokens.VerifyAsync(token));

    [Fact]
    public async Task K52_ChangedTokenIsNone()
    {
        var parts = _tokens.Issue(Tunnel, ["logs"]).Split('.');
        using var payload = Part(string.Join('.', parts), 1);
        var forged = payload.RootElement.GetRawText().Replace("\"logs\"", "\"admin\"", StringComparison.Ordinal);
        Assert.Null(
            await _tokens.VerifyAsync($"{parts[0]}.{Base64Url.EncodeToString(Encoding.UTF8.GetBytes(forged))}.{parts[2]}"));

        var unsigned = Base64Url.EncodeToString("{\"alg\":\"none\"}"u8);
        Assert.Null(await _tokens.VerifyAsync($"{unsigned}.{parts[1]}."));
        Assert.Null(await _tokens.VerifyAsync(string.Join('.', parts) + new string('A', ManagementTokens.MaxLength)));
    }

    [Theory]
    [InlineData("logs", "/logs", true)]
    [InlineData("logs", "/ping", true)]
    [InlineData("logs", "/host_details", false)]
    [InlineData("logs", "/metrics", false)]
    [InlineData("host_details", "/host_details", true)]
    [InlineData("host_details", "/logs", false)]
    [InlineData("admin", "/metrics", true)]
    [InlineData("admin", "/logs", true)]
    public void K52_ResourceOpensItsRoutes(string resource, string path, bool allowed) =>
        Assert.Equal(allowed, new ManagementClaims(Tunnel.Id, ManagementTokens.Allowed(resource)!).Allows(path));

    [Theory]
    [InlineData("Logs")]
    [InlineData("")]
    [InlineData("metrics")]
    public void S11_9_OtherResourcesAreRejected(string resource) => Assert.Null(ManagementTokens.Allowed(resource));

    public void Dispose() => _tokens.Dispose();

    private static JsonDocument Part(string token, int part) =>
        JsonDocument.Parse(Base64Url.DecodeFromChars(token.Split('.')[part]));
}
