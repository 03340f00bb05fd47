using Culvert.Ingress.Rules;

namespace Culvert.Ingress.Tests.Rules;

public class HostnamePatternTests
{
    // Section 1.5, and P09.
    [Theory]
    [InlineData("Example.COM", "example.com")]
    [InlineData("m\u00f4\u00f4.cloudflare.com", "xn--m-xgaa.cloudflare.com")]
    [InlineData("M\u00d4\u00d4.cloudflare.com", "xn--m-xgaa.cloudflare.com")]
    [InlineData("fa\u00df.de", "xn--fa-hia.de")]
    [InlineData("\ufb00.com", "ff.com")]
    [InlineData("\u65e5\u672c\u8a9e\u3002jp", "xn--wgv71a119e.jp")]
    [InlineData("XN--M-XGAA.Example", "xn--m-xgaa.example")]
    [InlineData("\u05d0\u05d1.example", "xn--4dbc.example")]
    public void Hostname_has_an_ASCII_form(string hostname, string ascii) =>
        Assert.Equal(ascii, HostnamePattern.ToAscii(hostname));

    [Theory]
    [InlineData("a..b")]
    [InlineData("example.com.")]
    [InlineData("xn--m-xgaa.cloudflare.com")]
    [InlineData("a123456789012345678901234567890123456789012345678901234567890123456789.com")]
    public void Hostname_is_its_ASCII_form(string hostname) => Assert.Null(HostnamePattern.ToAscii(hostname));

    [Theory]
    [InlineData("Foo_bar.Example.com")]
    [InlineData("*.Example.com")]
    [InlineData("*.\u00f6ko.example")]
    [InlineData("A b.com")]
    [InlineData("A/b")]
    [InlineData("-A.com")]
    [InlineData("A-.com")]
    [InlineData("xn--A")]
    [InlineData("ab--\u00e9.com")]
    [InlineData("\u05d0a.example")]
    [InlineData("\u0301a.example")]
    [InlineData("\ud83d\ude00.example")]
    public void Hostname_has_no_ASCII_form(string hostname) => Assert.Null(HostnamePattern.ToAscii(hostname));
}
