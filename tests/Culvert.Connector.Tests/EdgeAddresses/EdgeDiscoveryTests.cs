using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Culvert.Connector.EdgeAddresses;
using Culvert.Connector.Tests.Fixtures;
using Microsoft.Extensions.Logging.Abstractions;

namespace Culvert.Connector.Tests.EdgeAddresses;

/// <summary>Section 3 of supervisor-and-operations, against DNS servers on loopback.</summary>
public class EdgeDiscoveryTests
{
    private const string Service = "_v2-origintunneld._tcp.argotunnel.com";
    private const string DnsName = "dns.test";

    [Theory]
    [InlineData("", "_v2-origintunneld._tcp.argotunnel.com")]
    [InlineData("us", "_us-v2-origintunneld._tcp.argotunnel.com")]
    [InlineData("pt", "_pt-v2-origintunneld._tcp.argotunnel.com")]
    [InlineData("am", "_am-v2-origintunneld._tcp.argotunnel.com")]
    public void Region_is_a_prefix_of_the_service(string region, string service) =>
        Assert.Equal(service, EdgeDiscovery.ServiceName(region));

    [Fact]
    public async Task Two_targets_with_five_addresses_each_are_exactly_those()
    {
        await using var dns = new ZoneServer().WithService(Service, 1, 1, 7844, "r1.test")
            .WithService(Service, 2, 1, 7845, "r2.test");
        for (var i = 1; i <= 5; i++)
        {
            dns.WithAddress("r1.test", $"10.1.0.{i}").WithAddress("r2.test", i < 3 ? $"10.2.0.{i}" : $"fd00::{i}");
        }

        var regions = await FindAsync(dns);

        Assert.Equal(["10.1.0.1:7844", "10.1.0.2:7844", "10.1.0.3:7844", "10.1.0.4:7844", "10.1.0.5:7844"], Text(regions[0]));
        Assert.Equal(["10.2.0.1:7845", "10.2.0.2:7845", "[fd00::3]:7845", "[fd00::4]:7845", "[fd00::5]:7845"], Text(regions[1]));
    }

    [Fact]
    public async Task Third_target_is_ignored()
    {
        await using var dns = new ZoneServer();
        for (var i = 1; i <= 3; i++)
        {
            dns.WithService(Service, i, 1, 7844, $"r{i}.test").WithAddress($"r{i}.test", $"10.{i}.0.1");
        }

        Assert.Equal(["10.1.0.1:7844", "10.2.0.1:7844"], (await FindAsync(dns)).SelectMany(Text));
    }

    [Fact]
    public async Task One_target_is_too_few()
    {
        await using var dns = new ZoneServer().WithService(Service, 1, 1, 7844, "r1.test").WithAddress("r1.test", "10.1.0.1");

        var failure = await Assert.ThrowsAsync<EdgeDiscoveryException>(() => FindAsync(dns));
        Assert.Equal("expected at least 2 Cloudflare Regions regions, but SRV only returned 1", failure.Message);
    }

    [Fact]
    public async Task Target_without_addresses_fails_all()
    {
        await using var dns = new ZoneServer().WithService(Service, 1, 1, 7844, "r1.test")
            .WithService(Service, 2, 1, 7844, "r2.test")
            .WithAddress("r1.test", "10.1.0.1");

        var failure = await Assert.ThrowsAsync<EdgeDiscoveryException>(() => FindAsync(dns));
        Assert.Equal("SRV record r2.test. had no IPs", failure.Message);
    }

    [Fact]
    public async Task Failure_of_the_resolver_is_mended_over_tls()
    {
        using var certificate = Certificate();
        await using var dns = new ZoneServer(certificate) { FailsServices = true }
            .WithService(Service, 1, 1, 7844, "r1.test").WithService(Service, 2, 1, 7844, "r2.test")
            .WithAddress("r1.test", "10.1.0.1").WithAddress("r2.test", "10.2.0.1");

        var regions = await Discovery(dns, new DnsOverTls(dns.Tls, DnsName, [certificate])).FindAsync("", default);

        Assert.Equal(["10.1.0.1:7844", "10.2.0.1:7844"], regions.SelectMany(Text));
    }

    [Theory]
    [InlineData("other.test")]
    [InlineData(DnsName)]
    public async Task Both_failing_is_one_error_with_the_first_reason(string expectedName)
    {
        using var certificate = Certificate();
        await using var dns = new ZoneServer(certificate) { FailsServices = true };

        // Once the server has no such record, once it is another than it should be.
        var failure = await Assert.ThrowsAsync<EdgeDiscoveryException>(
            () => Discovery(dns, new DnsOverTls(dns.Tls, expectedName, [certificate])).FindAsync("", default));
        Assert.StartsWith($"Could not lookup srv records on {Service}: ", failure.Message, StringComparison.Ordinal);
        Assert.Contains("Server Failure", failure.Message, StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public void Records_are_ordered_by_priority_and_drawn_by_weight()
    {
        SrvRecord[] records = [new(2, 1, 1, "late"), new(1, 0, 1, "never"), new(1, 90, 1, "often"), new(1, 10, 1, "seldom")];
        var firsts = Enumerable.Range(0, 1000).Select(seed => SrvRecord.Order(records, new Random(seed))).ToList();

        Assert.All(firsts, order => Assert.Equal("late", order[3].Target));
        Assert.All(firsts, order => Assert.Equal(4, order.Distinct().Count()));
        Assert.InRange(firsts.Count(order => order[0].Target == "often"), 800, 970);
        Assert.InRange(firsts.Count(order => order[0].Target == "never"), 0, 50);
    }

    [Fact]
    public async Task Question_that_is_given_up_is_cancelled_and_no_failure()
    {
        using var silent = new UdpClient(new IPEndPoint(IPAddress.Loopback, 0));
        var discovery = new EdgeDiscovery(
            [(IPEndPoint)silent.Client.LocalEndPoint!], new DnsOverTls(new IPEndPoint(IPAddress.Loopback, 1), DnsName),
            NullLogger.Instance, TimeProvider.System);
        using var given = new CancellationTokenSource();

        var finding = discovery.FindAsync("", given.Token);
        await silent.ReceiveAsync();
        await given.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => finding.WaitAsync(TimeSpan.FromSeconds(30)));
    }

    private static X509Certificate2 Certificate()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={DnsName}", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName(DnsName);
        request.CertificateExtensions.Add(names.Build());
        return request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
    }

    private static IEnumerable<string> Text(IReadOnlyList<IPEndPoint> region) => region.Select(address => address.ToString());

    private static EdgeDiscovery Discovery(ZoneServer dns, DnsOverTls fallback) =>
        new([dns.Udp], fallback, NullLogger.Instance, TimeProvider.System);

    private static Task<IReadOnlyList<IReadOnlyList<IPEndPoint>>> FindAsync(ZoneServer dns) =>
        Discovery(dns, new DnsOverTls(new IPEndPoint(IPAddress.Loopback, 1), DnsName)).FindAsync("", default);
}
