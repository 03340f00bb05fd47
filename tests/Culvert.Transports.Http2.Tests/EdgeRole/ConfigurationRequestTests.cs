using System.Net;
using Culvert.Transports.Configuration;
using Culvert.Transports.Http2.EdgeRole;
using Culvert.Transports.Streams;

namespace Culvert.Transports.Http2.Tests.EdgeRole;

public class ConfigurationRequestTests
{
    [Theory]
    [InlineData("""{"ingress":[]}""", """{"version":3,"config":{"ingress":[]}}""")]
    [InlineData("", """{"version":3,"config":null}""")]
    public async Task Update_is_an_envelope_on_a_marked_stream(string json, string expected)
    {
        using var request = ConfigurationRequest.Create(new ConfigurationUpdate(3, System.Text.Encoding.UTF8.GetBytes(json)));

        Assert.Equal(expected, await request.Content!.ReadAsStringAsync());
        Assert.Equal(["update-configuration"], request.Headers.GetValues("cf-cloudflared-proxy-connection-upgrade"));
    }

    [Theory]
    [InlineData("""{"lastAppliedVersion":2,"err":null}""", 2, null)]
    [InlineData("""{"lastAppliedVersion":-1,"err":"no rules"}""", -1, "no rules")]
    [InlineData("""{"lastAppliedVersion":1,"err":{}}""", 1, "{}")]
    [InlineData("""{"lastAppliedVersion":1,"err":{"Offset":7}}""", 1, """{"Offset":7}""")]
    [InlineData("""{"lastAppliedVersion":1,"err":""}""", 1, "\"\"")]
    public async Task Any_error_but_null_is_a_refusal(string reply, int version, string? error)
    {
        using var response = new HttpResponseMessage(HttpStatusCode.OK) { Content = new StringContent(reply) };

        Assert.Equal(new ConfigurationUpdateResult(version, error), await ConfigurationRequest.ReadReplyAsync(response, default));
    }

    [Theory]
    [InlineData("")]
    [InlineData("nonsense")]
    [InlineData("[]")]
    [InlineData("{}")]
    [InlineData("""{"lastAppliedVersion":2}""")]
    [InlineData("""{"lastAppliedVersion":"2","err":null}""")]
    public async Task Nonsense_is_an_error(string reply)
    {
        using var response = new HttpResponseMessage(HttpStatusCode.OK) { Content = new StringContent(reply) };

        await Assert.ThrowsAsync<ConnectorLostException>(() => ConfigurationRequest.ReadReplyAsync(response, default));
    }

    [Fact]
    public async Task Other_status_is_an_error_that_names_it()
    {
        using var response = new HttpResponseMessage(HttpStatusCode.BadGateway);

        var e = await Assert.ThrowsAsync<ConnectorLostException>(() => ConfigurationRequest.ReadReplyAsync(response, default));
        Assert.Contains("502", e.Message);
    }
}
