using Culvert.Engine.Origins.HelloWorld;
using Culvert.Engine.Origins.Http;
using Culvert.Engine.Origins.Status;
using Culvert.Engine.Routing;
using Culvert.Ingress.Services;
using Culvert.Ingress.Snapshots;

namespace Culvert.Engine.Tests.Routing;

public class OriginTableTests
{
    [Fact]
    public async Task Each_service_has_its_origin()
    {
        await AssertOriginAsync<StatusOrigin>(new OriginService.Status(404));
        await AssertOriginAsync<HttpOrigin>(new OriginService.Http(new Uri("http://localhost:1")));
        await AssertOriginAsync<HelloWorldOrigin>(new OriginService.HelloWorld());
    }

    private static async Task AssertOriginAsync<T>(OriginService service)
    {
        await using var table = await OriginTable.StartAsync(IngressSnapshot.CatchAll(service), default);

        Assert.IsType<T>(table[0]);
        Assert.Equal(service, table.Snapshot.Rules[0].Service);
    }
}
