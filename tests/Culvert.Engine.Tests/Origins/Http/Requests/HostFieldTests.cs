using System.Text;
using Culvert.Engine.Origins.Http.Requests;

namespace Culvert.Engine.Tests.Origins.Http.Requests;

public class HostFieldTests
{
    [Theory]
    [InlineData("demo.example", true)]
    [InlineData("demo.example:80", true)]
    [InlineData("demo.example:", true)]
    [InlineData("under_score", true)]
    [InlineData("[::1]", true)]
    [InlineData("[::1]:65535", true)]
    [InlineData("127.0.0.1:0", true)]
    [InlineData("", false)]
    [InlineData(":80", false)]
    [InlineData("a:65536", false)]
    [InlineData("a:99999999999999999999", false)]
    [InlineData("a:-1", false)]
    [InlineData("a:8 0", false)]
    [InlineData("a:80:80", false)]
    [InlineData("a b", false)]
    [InlineData("a/b", false)]
    [InlineData("a@b", false)]
    [InlineData("a\r\nX: y", false)]
    [InlineData("a\0", false)]
    [InlineData("caf\u00e9", false)]
    [InlineData("[", false)]
    [InlineData("[]", false)]
    [InlineData("[::1", false)]
    [InlineData("[::1]x", false)]
    [InlineData("[x]", false)]
    public void Host_is_a_name_or_an_address_with_a_port_at_most(string host, bool valid) =>
        Assert.Equal(valid, HostField.IsValid(Encoding.Latin1.GetBytes(host)));
}
