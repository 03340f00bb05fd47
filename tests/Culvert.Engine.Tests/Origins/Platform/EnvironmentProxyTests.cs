using System.Net;
using Culvert.Engine.Origins.Http;
using Culvert.Engine.Origins.Platform;
using Culvert.Ingress.OriginRequests;

namespace Culvert.Engine.Tests.Origins.Platform;

public sealed class EnvironmentProxyTests
{
    private readonly Dictionary<string, string> _environment = new()
    {
        ["HTTP_PROXY"] = "proxy.test:3128",
        ["https_proxy"] = "socks5h://user:p%40ss@proxy.test:1080",
    };

    [Fact]
    public void Scheme_of_the_origin_chooses_the_variable()
    {
        Assert.Equal("http://proxy.test:3128/", For("http://web.test")!.Address!.ToString());
        var tls = For("https://web.test")!;
        Assert.Equal("socks5://proxy.test:1080/", tls.Address!.ToString());
        var user = tls.Credentials!.GetCredential(tls.Address, "Basic")!;
        Assert.Equal(("user", "p@ss"), (user.UserName, user.Password));
    }

    [Theory]
    [InlineData("http://localhost:8080")]
    [InlineData("http://127.0.0.1:8080")]
    [InlineData("http://127.1.2.3")]
    [InlineData("https://[::1]")]
    public void Loopback_is_never_proxied(string origin) => Assert.Null(For(origin));

    [Fact]
    public void Unix_socket_is_never_proxied() => Assert.Null(EnvironmentProxy.For(HttpOriginAddress.Unix("/x"), Read));

    [Theory]
    [InlineData("*", "http://web.test", true)]
    [InlineData("web.test", "http://web.test", true)]
    [InlineData("web.test", "http://a.web.test", true)]
    [InlineData("web.test", "http://otherweb.test", false)]
    [InlineData(".web.test", "http://web.test", false)]
    [InlineData(".web.test", "http://a.web.test", true)]
    [InlineData("*.web.test", "http://a.web.test", true)]
    [InlineData("x, WEB.test:8080", "http://web.test:8080", true)]
    [InlineData("web.test:8080", "http://web.test", false)]
    [InlineData("10.0.0.0/8", "http://10.1.2.3", true)]
    [InlineData("10.0.0.0/8", "http://11.1.2.3", false)]
    [InlineData("10.1.2.3", "http://10.1.2.3", true)]
    [InlineData("10.1.2.3:81", "http://10.1.2.3", false)]
    [InlineData("", "http://web.test", false)]
    public void No_proxy_exempts(string exemptions, string origin, bool exempt)
    {
        _environment["NO_PROXY"] = exemptions;
        Assert.Equal(exempt, For(origin) is null);
    }

    [Fact]
    public void Proxy_that_is_no_url_is_an_error_that_names_it()
    {
        _environment["HTTP_PROXY"] = "ftp://x";
        Assert.Contains("\"ftp://x\"", Assert.Throws<IOException>(() => For("http://web.test")).Message);
    }

    [Theory]
    [InlineData("https://localhost", true, false, true)]
    [InlineData("https://localhost", true, true, false)]
    [InlineData("http://localhost", true, false, false)]
    [InlineData("http://web.test", false, false, true)]
    [InlineData("https://localhost", false, false, false)]
    public async Task Platforms_client_serves_http2_and_proxied_origins_only(string origin, bool http2, bool match, bool platform)
    {
        var settings = OriginRequest.Default with { Http2Origin = http2, MatchSniToHost = match };
        await using var created = HttpService.Create(HttpOriginAddress.Of(new Uri(origin)), settings, Read);

        Assert.Equal(platform, created is PlatformHttpOrigin);
    }

    private WebProxy? For(string origin) => EnvironmentProxy.For(HttpOriginAddress.Of(new Uri(origin)), Read);

    private string? Read(string name) => _environment.GetValueOrDefault(name);
}
