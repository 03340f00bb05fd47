using Culvert.Ingress.Services;
using Culvert.Ingress.Snapshots;

namespace Culvert.Ingress.Tests.Snapshots;

public class IngressSnapshotTests
{
    [Fact]
    public void Catch_all_has_one_rule_with_its_service()
    {
        var service = new OriginService.Status(503);

        Assert.Equal(service, Assert.Single(IngressSnapshot.CatchAll(service).Rules).Service);
    }

    [Fact]
    public void Catch_all_serves_every_host_and_path()
    {
        var snapshot = IngressSnapshot.CatchAll(new OriginService.HelloWorld());

        Assert.Equal(0, snapshot.Match("a.example"u8, "/"u8));
        Assert.Equal(0, snapshot.Match(""u8, ""u8));
    }
}
