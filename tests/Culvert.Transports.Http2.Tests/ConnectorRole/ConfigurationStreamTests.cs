using System.Net;
using System.Text;
using Culvert.Transports.Configuration;
using Culvert.Transports.Http2.ConnectorRole;
using Culvert.Transports.Http2.Tests.Fixtures;

namespace Culvert.Transports.Http2.Tests.ConnectorRole;

/// <summary>The configuration update (http2-and-proxy, section 1.6).</summary>
public class ConfigurationStreamTests
{
    [Theory]
    [InlineData("""{"version":2,"config":{"a":[1, 2]}}""", 2, """{"a":[1, 2]}""")]
    [InlineData("""{"config":{},"version":-1}""", -1, "{}")]
    [InlineData("""{"version":0}""", 0, "")]
    [InlineData("""{"config":{"a":1}}""", 0, """{"a":1}""")]
    [InlineData("""{"version":7,"config":null}""", 7, "")]
    [InlineData("""{"version":null,"config":5}""", 0, "5")]
    [InlineData("""{"version":1,"config":"text","other":{"x":[]}}""", 1, "\"text\"")]
    [InlineData("""{"VERSION":2,"Config":{}}""", 2, "{}")]
    [InlineData("{}", 0, "")]
    [InlineData("""  {"version":3} {"version":4}""", 3, "")]
    [InlineData("""{"version":3}garbage""", 3, "")]
    [InlineData("""{"version":2147483647}""", int.MaxValue, "")]
    public void Envelope_is_read(string body, int version, string config)
    {
        Assert.True(ConfigurationStream.TryParse(Encoding.UTF8.GetBytes(body), out var update));
        Assert.Equal(version, update.Version);
        Assert.Equal(config, Encoding.UTF8.GetString(update.Json.Span));
    }

    [Theory]
    [InlineData("")]
    [InlineData("{")]
    [InlineData("nonsense")]
    [InlineData("[]")]
    [InlineData("5")]
    [InlineData("""{"version":"2"}""")]
    [InlineData("""{"version":2.5}""")]
    [InlineData("""{"version":2147483648}""")]
    [InlineData("""{"version":{}}""")]
    [InlineData("""{"version":1,"config":{]}""")]
    public void Malformed_envelope_is_refused(string body) =>
        Assert.False(ConfigurationStream.TryParse(Encoding.UTF8.GetBytes(body), out _));

    [Theory]
    [InlineData(2, null, """{"lastAppliedVersion":2,"err":null}""")]
    [InlineData(2, "", """{"lastAppliedVersion":2,"err":null}""")]
    [InlineData(-1, "no rules", """{"lastAppliedVersion":-1,"err":"no rules"}""")]
    public void Reply_has_these_bytes(int version, string? error, string expected) =>
        Assert.Equal(
            expected, Encoding.UTF8.GetString(ConfigurationStream.WriteReply(new ConfigurationUpdateResult(version, error))));

    [Fact]
    public async Task U14_Update_is_answered_without_control_headers()
    {
        ConfigurationUpdate? update = null;
        await using var dialled = await Dialled.StartAsync(new FakeHandler
        {
            Configuration = u => new ConfigurationUpdateResult((update = u).Version, null),
        });
        using var client = dialled.CreateClient();
        using var response = await client.SendAsync(Update("""{"version":2,"config":{"ingress":[]}}"""), default);

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal("""{"lastAppliedVersion":2,"err":null}""", await response.Content.ReadAsStringAsync());
        Assert.Equal(35, response.Content.Headers.ContentLength);
        Assert.DoesNotContain(response.Headers, h => h.Key.StartsWith("cf-", StringComparison.OrdinalIgnoreCase));
        Assert.Equal("""{"ingress":[]}""", Encoding.UTF8.GetString(update!.Json.Span));
    }

    [Fact]
    public async Task Malformed_update_is_answered_502_by_the_connector()
    {
        await using var dialled = await Dialled.StartAsync(new FakeHandler());
        using var client = dialled.CreateClient();
        using var response = await client.SendAsync(Update("nonsense"), default);

        Assert.Equal(HttpStatusCode.BadGateway, response.StatusCode);
        Assert.Equal(["""{"src":"cloudflared"}"""], response.Headers.GetValues("cf-cloudflared-response-meta"));
        Assert.Equal("", await response.Content.ReadAsStringAsync());
    }

    private static HttpRequestMessage Update(string body)
    {
        var request = new HttpRequestMessage(HttpMethod.Put, "http://localhost/")
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Content = new StringContent(body),
        };
        request.Headers.Add("cf-cloudflared-proxy-connection-upgrade", "update-configuration");
        return request;
    }
}
