using System.Text.Json;
using Culvert.Transports.Credentials;

namespace Culvert.EndToEnd.Tests.Ingress;

/// <summary><c>/config</c> of a connector that no edge has told anything (ingress-and-config, sections 6.7 and 6.9).</summary>
public sealed class ConfigurationEndpointTests
{
    private static readonly string Token =
        TunnelToken.Format(new TunnelCredentials("account", Guid.NewGuid(), Pattern.Bytes(0, 32)));

    [Theory]
    [InlineData("""{"maxActiveFlows":7}""", "--max-active-flows", "7")]
    [InlineData("{}", "--max-active-flows", "0")]
    [InlineData("{}")]
    public async Task Own_configuration_is_shown_as_version_minus_one(string warpRouting, params string[] flags)
    {
        await using var process = CulvertProcess.Start(
        [
            "tunnel", "run", "--token", Token, "--edge", RawOrigin.NobodysAddress.Authority, "--metrics", "127.0.0.1:0",
            "--url", "http://localhost:1", .. flags,
        ]);
        var line = await process.Errors.WaitForAsync("Starting metrics server on ");
        var address = line.Split(" on ")[1].Split('/')[0];
        using var client = new HttpClient { BaseAddress = new Uri($"http://{address}") };
        foreach (var method in new[] { HttpMethod.Get, HttpMethod.Post, HttpMethod.Put })
        {
            using var request = new HttpRequestMessage(method, "/config");
            using var response = await client.SendAsync(request).InTime();
            using var shown = JsonDocument.Parse(await response.Content.ReadAsStringAsync());
            var configuration = shown.RootElement.GetProperty("config");

            Assert.Equal("text/plain; charset=utf-8", response.Content.Headers.ContentType!.ToString());
            Assert.Equal(-1, shown.RootElement.GetProperty("version").GetInt32());
            Assert.Equal(
                "http://localhost:1",
                Assert.Single(configuration.GetProperty("ingress").EnumerateArray()).GetProperty("service").GetString());
            Assert.Equal(warpRouting, configuration.GetProperty("warp-routing").GetRawText());
            Assert.Equal(30, configuration.GetProperty("originRequest").GetProperty("connectTimeout").GetInt32());
        }

        using var other = await client.GetAsync("/config/").InTime();
        Assert.Equal(404, (int)other.StatusCode);
        Assert.Contains(
            "cloudflared_orchestration_config_version 0", (await client.GetStringAsync("/metrics").InTime()).Split('\n'));
    }
}
