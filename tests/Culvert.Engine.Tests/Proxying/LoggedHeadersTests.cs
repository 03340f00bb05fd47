using System.Text;
using System.Text.Json;
using Culvert.Engine.Proxying;
using Culvert.Transports.Headers;

namespace Culvert.Engine.Tests.Proxying;

public sealed class LoggedHeadersTests
{
    [Theory]
    [InlineData("Cookie")]
    [InlineData("Authorization")]
    [InlineData("Proxy-Authorization")]
    [InlineData("CF-Access-Jwt-Assertion")]
    [InlineData("cf-access-token")]
    [InlineData("Cf-Access-Client-Secret")]
    [InlineData("X-Api-Key")]
    [InlineData("X-CSRF-Token")]
    [InlineData("X-Session-Id")]
    public void Credentials_are_left_out(string name)
    {
        var headers = new HeaderList();
        headers.Add(name, "hidden");

        Assert.Equal($$"""{"{{name}}":["[redacted]"]}""", LoggedHeaders.Format(headers).Text);
    }

    [Fact]
    public void Others_are_sorted_with_their_values()
    {
        var headers = new HeaderList();
        headers.Add("X-B", "2");
        headers.Add("Accept", "*/*");
        headers.Add("X-B", "1");

        Assert.Equal("""{"Accept":["*/*"],"X-B":["2","1"]}""", LoggedHeaders.Format(headers).Text);
    }

    [Fact]
    public void Text_stays_on_its_line_and_in_its_string()
    {
        var headers = new HeaderList();
        headers.Add("X-A"u8, "a\"b\\c\n\u001b[1m\u009b"u8);

        var text = LoggedHeaders.Format(headers).Text;
        Assert.DoesNotContain(text, char.IsControl);
        using var parsed = JsonDocument.Parse(text);
        Assert.StartsWith("a\"b\\c\n", parsed.RootElement.GetProperty("X-A")[0].GetString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/path", "/path")]
    [InlineData("/path?token=hidden", "/path?[redacted]")]
    public void Query_is_left_out(string target, string expected) =>
        Assert.Equal(expected, LoggedHeaders.Target(Encoding.ASCII.GetBytes(target)));
}
