using Culvert.Ingress.Services;

namespace Culvert.Ingress.Tests.Services;

public class OriginUrlTests
{
    [Theory]
    [InlineData("http://localhost:8080", "http://localhost:8080")]
    [InlineData("https://localhost", "https://localhost")]
    [InlineData("localhost:8000", "http://localhost:8000")]
    [InlineData("localhost", "http://localhost")]
    [InlineData("  127.0.0.1:3000 ", "http://127.0.0.1:3000")]
    [InlineData("127.0.0.1", "http://127.0.0.1")]
    [InlineData("::1", "http://[::1]")]
    [InlineData("[::1]:8080", "http://[::1]:8080")]
    [InlineData("http://[::1]:8080", "http://[::1]:8080")]
    [InlineData("ws://localhost:9000", "http://localhost:9000")]
    [InlineData("wss://localhost:9000", "https://localhost:9000")]
    [InlineData("HTTP://LOCALHOST:8080", "http://localhost:8080")]
    [InlineData("http://localhost:8080/path?query#fragment", "http://localhost:8080")]
    [InlineData("localhost:8080/path", "http://localhost:8080")]
    [InlineData("http://b\u00fccher.example", "http://xn--bcher-kva.example")]
    [InlineData("http://user:secret@localhost:8080", "http://localhost:8080")]
    public void Address_is_normalised(string text, string expected)
    {
        var service = Assert.IsType<OriginService.Http>(OriginUrl.Parse(text));

        Assert.Equal(expected, service.ToString());
        Assert.Equal("/", service.Address.PathAndQuery);
    }

    [Theory]
    [InlineData("http://localhost", 80)]
    [InlineData("https://localhost", 443)]
    [InlineData("wss://localhost", 443)]
    public void Missing_port_is_that_of_the_scheme(string text, int port) =>
        Assert.Equal(port, Assert.IsType<OriginService.Http>(OriginUrl.Parse(text)).Address.Port);

    [Theory]
    [InlineData("")]
    [InlineData("   ")]
    [InlineData("http://")]
    [InlineData("http://a b")]
    [InlineData("localhost:99999")]
    [InlineData("localhost:port")]
    public void What_is_no_address_is_refused_with_an_example(string text) =>
        Assert.Equal(
            $"Error validating origin URL: '{text}' is not a URL such as http://localhost:8080",
            Assert.Throws<FormatException>(() => OriginUrl.Parse(text)).Message);

    [Theory]
    [InlineData("ftp://localhost", "ftp")]
    [InlineData("tcp://localhost:22", "tcp")]
    public void Unsupported_scheme_is_named(string text, string scheme) =>
        Assert.Equal(
            $"Error validating origin URL: Currently Cloudflare Tunnel does not support {scheme} protocol.",
            Assert.Throws<FormatException>(() => OriginUrl.Parse(text)).Message);
}
