using Culvert.Ingress.Services;

namespace Culvert.Ingress.Tests.Services;

public class OriginUrlTests
{
    // V06-V21 and section 2.4.
    [Theory]
    [InlineData("http://localhost/api/", "http://localhost")]
    [InlineData("https://localhost:8080/api", "https://localhost:8080")]
    [InlineData("localhost", "http://localhost")]
    [InlineData("localhost/api/", "http://localhost/api/")]
    [InlineData("localhost:8080/api/?asdf", "http://localhost:8080/api/?asdf")]
    [InlineData("localhost:", "http://localhost:")]
    [InlineData("127.0.0.1", "http://127.0.0.1")]
    [InlineData("127.0.0.1:8080", "http://127.0.0.1:8080")]
    [InlineData("https://127.0.0.1:8080", "https://127.0.0.1:8080")]
    [InlineData("::1", "http://[::1]")]
    [InlineData("[::1]", "http://[::1]")]
    [InlineData("[::1]:8080", "http://[::1]:8080")]
    [InlineData("http://[::1]:8080", "http://[::1]:8080")]
    [InlineData("hello.example.com:8080", "http://hello.example.com:8080")]
    [InlineData("HTTP://x", "http://x")]
    [InlineData("http://X.COM", "http://X.COM")]
    [InlineData("https://b\u00fccher.example.com", "https://xn--bcher-kva.example.com")]
    [InlineData("b\u00fccher.example.com", "http://xn--bcher-kva.example.com")]
    [InlineData("https%3A%2F%2Fhello.example.com", "https://hello.example.com")]
    [InlineData("https://alex:12345@hello.example.com:8080", "https://hello.example.com:8080")]
    [InlineData("ssh://localhost", "ssh://localhost:22")]
    [InlineData("tcp://localhost:8080/x", "tcp://localhost:8080")]
    public void Url_is_normalised(string text, string expected) => Assert.Equal(expected, OriginUrl.Parse(text).ToString());

    [Theory]
    [InlineData("http://localhost", 80)]
    [InlineData("https://localhost", 443)]
    [InlineData("localhost:8080/path", 8080)]
    public void Address_has_the_port_and_no_path(string text, int port)
    {
        var address = Assert.IsType<OriginService.Http>(OriginUrl.Parse(text)).Address;

        Assert.Equal(port, address.Port);
        Assert.Equal("/", address.PathAndQuery);
    }

    [Theory]
    [InlineData("", "URL should not be empty")]
    [InlineData(":8080", "URL :8080 has invalid format")]
    [InlineData("http://", "URL http:// has invalid format")]
    [InlineData("//", "URL // has invalid format")]
    [InlineData("%zz", "URL %zz has invalid escape characters ")]
    [InlineData("localhost:http", "parse \"http://localhost:http\": invalid port \":http\" after host")]
    [InlineData(
        "ftp://alex:12345@hello.example.com:8080/robot.txt", "Currently Cloudflare Tunnel does not support ftp protocol.")]
    [InlineData("ws://localhost", "Currently Cloudflare Tunnel does not support ws protocol.")]
    public void What_is_no_origin_is_refused(string text, string error) =>
        Assert.Equal(
            "Error validating origin URL: " + error, Assert.ThrowsAny<FormatException>(() => OriginUrl.Parse(text)).Message);
}
