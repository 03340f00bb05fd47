using System.Text;
using Culvert.Connector.Registration;
using Culvert.Ingress.Services;
using Culvert.Ingress.Snapshots;

namespace Culvert.Connector.Tests.Registration;

public class LocalConfigurationTests
{
    [Theory]
    [InlineData("http://localhost:8080/")]
    [InlineData("https://[::1]:8443/")]
    public void Rules_are_told_as_compact_JSON(string address) =>
        Assert.Equal(
            """{"ingress":[{"service":"ADDRESS","originRequest":{}}],"warp-routing":{}}""".Replace(
                "ADDRESS", address.TrimEnd('/'), StringComparison.Ordinal),
            Write(new OriginService.Http(new Uri(address))));

    [Fact]
    public void Built_in_services_are_told_by_name()
    {
        Assert.Contains("\"service\":\"hello_world\"", Write(new OriginService.HelloWorld()));
        Assert.Contains("\"service\":\"http_status:503\"", Write(new OriginService.Status(503)));
    }

    private static string Write(OriginService service) =>
        Encoding.UTF8.GetString(LocalConfiguration.Write(IngressSnapshot.CatchAll(service)).Span);
}
