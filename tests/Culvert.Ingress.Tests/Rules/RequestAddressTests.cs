using System.Text;
using Culvert.Ingress.Rules;

namespace Culvert.Ingress.Tests.Rules;

public class RequestAddressTests
{
    [Theory]
    [InlineData("https://a.com", "a.com", "")]
    [InlineData("https://a.com:80/a%20b?x=1#y", "a.com:80", "/a%20b")]
    [InlineData("//a.com/x", "a.com", "/x")]
    [InlineData("a.com:80", "", "")]
    public void Url_has_host_and_path(string url, string host, string path)
    {
        var address = RequestAddress.Parse(url);

        Assert.Equal((host, path), (Encoding.UTF8.GetString(address.Host.Span), Encoding.UTF8.GetString(address.Path.Span)));
    }

    [Theory]
    [InlineData("a.com", "a.com doesn't have a hostname, consider adding a scheme")]
    [InlineData("", " doesn't have a hostname, consider adding a scheme")]
    [InlineData("http://a b", "http://a b is not a valid URL")]
    public void Text_without_host_and_scheme_is_refused(string url, string error) =>
        Assert.Equal(error, Assert.Throws<IngressException>(() => RequestAddress.Parse(url)).Message);
}
