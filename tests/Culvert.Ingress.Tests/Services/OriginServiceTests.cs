using Culvert.Ingress.Services;

namespace Culvert.Ingress.Tests.Services;

public class OriginServiceTests
{
    [Fact]
    public void Services_are_spelled_as_logs_and_configurations_have_them()
    {
        Assert.Equal("http_status:404", new OriginService.Status(404).ToString());
        Assert.Equal("hello_world", new OriginService.HelloWorld().ToString());
        Assert.Equal("https://localhost:8443", new OriginService.Http(new Uri("https://localhost:8443/")).ToString());
    }
}
