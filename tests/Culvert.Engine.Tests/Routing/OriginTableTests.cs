using Culvert.Engine.Metrics;
using Culvert.Engine.Origins;
using Culvert.Engine.Origins.Bastion;
using Culvert.Engine.Origins.HelloWorld;
using Culvert.Engine.Origins.Http;
using Culvert.Engine.Origins.Platform;
using Culvert.Engine.Origins.Socks;
using Culvert.Engine.Origins.Status;
using Culvert.Engine.Origins.Tcp;
using Culvert.Engine.Routing;
using Culvert.Engine.Tests.Fixtures;
using Culvert.Ingress.OriginRequests;
using Culvert.Ingress.Rules;
using Culvert.Ingress.Snapshots;

namespace Culvert.Engine.Tests.Routing;

public class OriginTableTests
{
    [Theory]
    [InlineData("http_status:404", typeof(StatusOrigin))]
    [InlineData("http://localhost:1", typeof(HttpOrigin))]
    [InlineData("https://localhost:1", typeof(HttpOrigin))]
    [InlineData("wss://localhost:1", typeof(HttpOrigin))]
    [InlineData("unix:/run/web.sock", typeof(HttpOrigin))]
    [InlineData("unix+tls:/run/web.sock", typeof(HttpOrigin))]
    [InlineData("tcp://localhost:1", typeof(TcpServiceOrigin))]
    [InlineData("ssh://localhost", typeof(TcpServiceOrigin))]
    [InlineData("rdp://[::1]", typeof(TcpServiceOrigin))]
    [InlineData("smb://localhost", typeof(TcpServiceOrigin))]
    [InlineData("telnet://localhost", typeof(TcpServiceOrigin))]
    [InlineData("hello_world", typeof(HelloWorldOrigin))]
    [InlineData("bastion", typeof(BastionOrigin))]
    [InlineData("socks-proxy", typeof(SocksProxyOrigin))]
    public async Task Each_service_has_its_origin(string service, Type type)
    {
        await using var table = await StartAsync(new RuleDefinition { Service = service });

        Assert.IsType(type, table[0]);
    }

    [Fact]
    public async Task Rules_with_the_same_service_have_settings_of_their_own()
    {
        await using var table = await StartAsync(
            new RuleDefinition
            {
                Hostname = "a.example",
                Service = "https://localhost:1",
                OriginRequest = new OriginRequestOverrides { Http2Origin = true },
            },
            new RuleDefinition { Service = "https://localhost:1" });

        Assert.IsType<PlatformHttpOrigin>(table[0]);
        Assert.IsType<HttpOrigin>(table[1]);
    }

    [Fact]
    public async Task Port_that_does_not_exist_is_not_another_one()
    {
        await using var table = await StartAsync(new RuleDefinition { Service = "http://localhost:99999" });
        using var stream = new FakeEdgeStream();

        var error = await Assert.ThrowsAsync<OriginException>(() => table[0].ServeAsync(stream, default).AsTask());
        Assert.Contains("invalid port", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task File_of_certificates_that_cannot_be_read_starts_nothing()
    {
        var settings = new OriginRequestOverrides { CaPool = "/nonexistent/ca.pem" };

        var error = await Assert.ThrowsAnyAsync<IOException>(() => StartAsync(
            new RuleDefinition { Hostname = "a.example", Service = "hello_world" },
            new RuleDefinition { Service = "https://localhost:1", OriginRequest = settings }));
        Assert.Contains("/nonexistent/ca.pem", error.Message, StringComparison.Ordinal);
    }

    private static Task<OriginTable> StartAsync(params RuleDefinition[] rules) =>
        OriginTable.StartAsync(IngressSnapshot.Create(rules, new OriginRequestOverrides()), new ProxyMetrics(), default);
}
