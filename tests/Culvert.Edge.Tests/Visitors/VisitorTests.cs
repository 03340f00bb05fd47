using Culvert.Edge.Tests.Fixtures;

namespace Culvert.Edge.Tests.Visitors;

public class VisitorTests
{
    [Theory]
    [InlineData("demo.example", "demo.example")]
    [InlineData("demo.example:8080", "demo.example")]
    [InlineData("demo.example.", "demo.example")]
    [InlineData("demo.example.:80", "demo.example")]
    [InlineData("[::1]:80", "[::1]")]
    [InlineData("[::1]", "[::1]")]
    [InlineData("", "")]
    public void Hostname_is_the_authority_without_port_and_last_dot(string authority, string expected) =>
        Assert.Equal(expected, new FakeVisitor(host: authority).Visitor.Hostname.ToString());

    [Fact]
    public void Ray_is_sixteen_digits_and_the_location_and_new_each_time()
    {
        var ray = new FakeVisitor().Visitor.Ray;

        Assert.Matches("^[0-9a-f]{16}-LCL$", ray);
        Assert.NotEqual(ray, new FakeVisitor().Visitor.Ray);
    }
}
