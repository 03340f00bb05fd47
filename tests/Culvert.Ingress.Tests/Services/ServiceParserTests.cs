using Culvert.Ingress.OriginRequests;
using Culvert.Ingress.Rules;
using Culvert.Ingress.Services;
using Culvert.Ingress.Tests.Fixtures;

namespace Culvert.Ingress.Tests.Services;

public class ServiceParserTests
{
    // P01, P02, P05, P07, P21-P27, and the accepted rows of section 2.2.
    [Theory]
    [InlineData("http://localhost", typeof(OriginService.Http))]
    [InlineData("http://localhost?x=1", typeof(OriginService.Http))]
    [InlineData("http://localhost#f", typeof(OriginService.Http))]
    [InlineData("http://u:p@localhost:80", typeof(OriginService.Http))]
    [InlineData("http://[::1]:80", typeof(OriginService.Http))]
    [InlineData("http://h:99999", typeof(OriginService.Http))]
    [InlineData("ws://a", typeof(OriginService.Http))]
    [InlineData("wss://a:1", typeof(OriginService.Http))]
    [InlineData("HTTP://LocalHost:80", typeof(OriginService.Http), "http://LocalHost:80")]
    [InlineData("http://b\u00fccher.example", typeof(OriginService.Http), "http://b%C3%BCcher.example")]
    [InlineData("unix:/tmp/x", typeof(OriginService.UnixSocket))]
    [InlineData("unix:///tmp/x", typeof(OriginService.UnixSocket))]
    [InlineData("unix:", typeof(OriginService.UnixSocket))]
    [InlineData("unix+tls:/tmp/x", typeof(OriginService.UnixSocket))]
    [InlineData("http_status:100", typeof(OriginService.Status))]
    [InlineData("http_status:999", typeof(OriginService.Status))]
    [InlineData("http_status:+404", typeof(OriginService.Status), "http_status:404")]
    [InlineData("http_status:0404", typeof(OriginService.Status), "http_status:404")]
    [InlineData("hello_world", typeof(OriginService.HelloWorld))]
    [InlineData("hello-world", typeof(OriginService.HelloWorld), "hello_world")]
    [InlineData("bastion", typeof(OriginService.Bastion))]
    [InlineData("socks-proxy", typeof(OriginService.Socks))]
    [InlineData("tcp://localhost", typeof(OriginService.Tcp), "tcp://localhost:7864")]
    [InlineData("tcp://h:", typeof(OriginService.Tcp), "tcp://h:7864")]
    [InlineData("TCP://h", typeof(OriginService.Tcp), "tcp://h:7864")]
    [InlineData("tcp://[::1]", typeof(OriginService.Tcp), "tcp://[::1]:7864")]
    [InlineData("ssh://h", typeof(OriginService.Tcp), "ssh://h:22")]
    [InlineData("ssh://[::1]:38", typeof(OriginService.Tcp))]
    [InlineData("rdp://h", typeof(OriginService.Tcp), "rdp://h:3389")]
    [InlineData("smb://h", typeof(OriginService.Tcp), "smb://h:445")]
    [InlineData("ftp://h", typeof(OriginService.Tcp))]
    [InlineData("ldap://h", typeof(OriginService.Tcp))]
    [InlineData("udp://h:53", typeof(OriginService.Tcp))]
    [InlineData("tcp://h?x=1", typeof(OriginService.Tcp), "tcp://h:7864")]
    [InlineData("tcp://u:p@h", typeof(OriginService.Tcp), "tcp://h:7864")]
    public void Service_is_read(string text, Type kind, string? spelled = null)
    {
        var service = TestRules.Snapshot(TestRules.Rule("", "", text)).Rules[0].Service;

        Assert.IsType(kind, service);
        Assert.Equal(spelled ?? text, service.ToString());
    }

    [Theory]
    [InlineData("http://localhost", "http://localhost/")]
    [InlineData("wss://a:1", "https://a:1/")]
    [InlineData("http://[::1]:80", "http://[::1]/")]
    [InlineData("http://u:p@localhost:81?x", "http://localhost:81/")]
    public void Http_service_has_the_address_to_dial(string text, string address) =>
        Assert.Equal(
            address,
            Assert.IsType<OriginService.Http>(
                TestRules.Snapshot(TestRules.Rule("", "", text)).Rules[0].Service).Address.AbsoluteUri);

    // P11, P16, P18-P20, and the refused rows of section 2.2.
    [Theory]
    [InlineData("http://h:abc", "parse \"http://h:abc\": invalid port \":abc\" after host")]
    [InlineData("127.0.0.1:80", "parse \"127.0.0.1:80\": first path segment in URL cannot contain colon")]
    [InlineData("https://local host:8000", "parse \"https://local host:8000\": invalid character \" \" in host name")]
    [InlineData("http://a ", "parse \"http://a \": invalid character \" \" in host name")]
    [InlineData("http://%zz", "parse \"http://%zz\": invalid URL escape \"%zz\"")]
    [InlineData("http://a\nb", "parse \"http://a\\nb\": net/url: invalid control character in URL")]
    [InlineData("http_status:-1", "invalid HTTP status code: -1")]
    [InlineData("http_status:8080", "invalid HTTP status code: 8080")]
    [InlineData("http_status:", "invalid HTTP status code: strconv.Atoi: parsing \"\": invalid syntax")]
    [InlineData("http_status: 404", "invalid HTTP status code: strconv.Atoi: parsing \" 404\": invalid syntax")]
    [InlineData("http_status:4_0_4", "invalid HTTP status code: strconv.Atoi: parsing \"4_0_4\": invalid syntax")]
    [InlineData(
        "http_status:99999999999999999999",
        "invalid HTTP status code: strconv.Atoi: parsing \"99999999999999999999\": value out of range")]
    public void Text_that_is_no_service_is_refused(string text, string error) =>
        Assert.Equal(error, TestRules.ErrorOf(TestRules.Rule("", "", text)));

    [Theory]
    [InlineData("UNIX:/tmp")]
    [InlineData("helloworld")]
    [InlineData("Hello_World")]
    [InlineData("Bastion")]
    [InlineData("socks")]
    [InlineData("localhost:8000")]
    [InlineData("//localhost")]
    [InlineData("http://:80")]
    [InlineData("http:a")]
    [InlineData("management")]
    [InlineData("warp-routing")]
    public void Text_without_scheme_or_host_is_refused(string text) =>
        Assert.Equal(
            $"{text} is an invalid address, please make sure it has a scheme and a hostname",
            TestRules.ErrorOf(TestRules.Rule("", "", text)));

    [Fact]
    public void Bastion_mode_makes_any_url_a_bastion_but_no_other_service()
    {
        var bastion = new OriginRequestOverrides { BastionMode = true };
        var service = (string text) => TestRules.Snapshot(
            new RuleDefinition { Service = text, OriginRequest = bastion }).Rules[0].Service;

        Assert.IsType<OriginService.Bastion>(service(""));
        Assert.IsType<OriginService.Bastion>(service("garbage here"));
        Assert.IsType<OriginService.Status>(service("http_status:404"));
        Assert.IsType<OriginService.UnixSocket>(service("unix:/x"));
        Assert.True(TestRules.Snapshot(TestRules.Rule("", "", "bastion")).Rules[0].OriginRequest.BastionMode);
    }
}
