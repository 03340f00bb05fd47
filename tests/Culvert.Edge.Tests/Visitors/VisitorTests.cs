using System.Net;
using System.Text;
using Culvert.Edge.Tests.Fixtures;
using Culvert.Edge.Visitors;

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
        var visitor = new FakeVisitor();
        var ray = visitor.Visitor.Ray;

        Assert.Matches("^[0-9a-f]{16}-LCL$", ray.ToString());
        Assert.Equal(ray.ToString(), Encoding.ASCII.GetString(ray.Write(new byte[RayId.MaxBytes])));
        visitor.Visitor.Attach(visitor.Features);
        Assert.NotEqual(ray, visitor.Visitor.Ray);
    }

    [Fact]
    public void Address_is_read_anew_when_the_object_serves_another_visitor()
    {
        var visitor = new FakeVisitor();
        Assert.Equal("192.0.2.7"u8, visitor.Visitor.AddressText);

        visitor.Connection.RemoteIpAddress = IPAddress.Parse("::ffff:192.0.2.8");
        visitor.Visitor.Attach(visitor.Features);
        Assert.Equal("192.0.2.8"u8, visitor.Visitor.AddressText);

        visitor.Connection.RemoteIpAddress = null;
        visitor.Visitor.Attach(visitor.Features);
        Assert.Equal("unknown"u8, visitor.Visitor.AddressText);
    }
}
