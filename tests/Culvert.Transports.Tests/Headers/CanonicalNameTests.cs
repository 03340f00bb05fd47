using System.Text;
using Culvert.Transports.Headers;

namespace Culvert.Transports.Tests.Headers;

public class CanonicalNameTests
{
    [Theory]
    [InlineData("x-lower-MiXed", "X-Lower-Mixed")]
    [InlineData("content-type", "Content-Type")]
    [InlineData("ETAG", "Etag")]
    [InlineData("--a", "--A")]
    [InlineData("x_y-z9a", "X_y-Z9a")]
    [InlineData("9abc", "9abc")]
    [InlineData("bad name", "bad name")]
    [InlineData("naïve-name", "naïve-name")]
    [InlineData("", "")]
    public void Name_is_spelled_as_origins_see_it(string name, string expected)
    {
        var bytes = Encoding.Latin1.GetBytes(name);
        Assert.Equal(name == expected, CanonicalName.IsCanonical(bytes));
        CanonicalName.Apply(bytes);

        Assert.Equal(expected, Encoding.Latin1.GetString(bytes));
    }

    [Theory]
    [InlineData("a", true)]
    [InlineData("!#$%&'*+-.^_`|~09azAZ", true)]
    [InlineData("", false)]
    [InlineData("a b", false)]
    [InlineData("a:b", false)]
    [InlineData("a\r", false)]
    [InlineData("a(b", false)]
    public void Token_is_what_RFC_9110_allows(string name, bool expected) =>
        Assert.Equal(expected, CanonicalName.IsToken(Encoding.Latin1.GetBytes(name)));
}
