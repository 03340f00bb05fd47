using System.Net;
using Culvert.Connector.EdgeAddresses;
using Culvert.Connector.Prechecks;
using Culvert.Connector.Supervision;
using Culvert.Tests.Fixtures;

namespace Culvert.Connector.Tests.Prechecks;

/// <summary>The cases of pre-checks (supervisor-and-operations, section 11.11).</summary>
public sealed class PrecheckRunTests
{
    private const string Pass7 = "0P0P1P1P2P2P3P";

    private readonly FakeProbes _probes = new();

    [Fact]
    public async Task S11_11_AllPass()
    {
        var report = await RunAsync();

        Assert.Equal(Pass7, Text(report));
        Assert.NotEqual(Guid.Empty, report.RunId);
        Assert.Equal((TunnelProtocol.Quic, false, false), Judged(report));
        Assert.Equal(
            ["DNS Resolved successfully", "QUIC connection successful", "HTTP/2 connection successful", "API is reachable"],
            report.Rows.Select(row => row.Details).Distinct());
        Assert.All(report.Rows, row => Assert.Empty(row.Action));
    }

    [Theory]
    [InlineData(false, true, "0P0P1F1F2P2P3P", TunnelProtocol.Http2, false, true)]
    [InlineData(true, false, "0P0P1P1P2F2F3P", TunnelProtocol.Quic, false, true)]
    [InlineData(false, false, "0P0P1F1F2F2F3P", null, true, false)]
    public async Task S11_11_BlockedTransport(
        bool quic, bool http2, string rows, TunnelProtocol? suggested, bool hardFail, bool degraded)
    {
        (_probes.Quic, _probes.Http2) = (_ => quic, _ => http2);

        var report = await RunAsync();

        Assert.Equal(rows, Text(report));
        Assert.Equal((suggested, hardFail, degraded), Judged(report));
        Assert.Equal(!quic, report.Rows.Any(row => row is
        {
            Details: "QUIC connection failed", Action: "Allow outbound QUIC traffic on port 7844 or use HTTP2.",
        }));
        Assert.Equal(!http2, report.Rows.Any(row => row is
        {
            Details: "HTTP/2 connection is blocked or unreachable", Action: "Allow outbound TCP on port 7844.",
        }));
    }

    [Fact]
    public async Task S11_11_QuicFailsInOneRegion()
    {
        _probes.Quic = address => address.Equals(FakeProbes.First4);

        var report = await RunAsync();

        Assert.Equal("0P0P1P1F2P2P3P", Text(report));
        Assert.Equal((TunnelProtocol.Http2, false, true), Judged(report));
    }

    [Fact]
    public async Task S11_11_DnsErrorDialsNobodyButTheApi()
    {
        _probes.Targets = [.. _probes.Targets.Select(target => target with { Addresses = [], Error = "no such host" })];

        var report = await RunAsync();

        Assert.Equal("0F0F1S1S2S2S3P", Text(report));
        Assert.Equal((null, true, false), Judged(report));
        Assert.Empty(_probes.Dials);
        Assert.Equal(3, _probes.Lookups);
        Assert.Equal("no such host", report.Rows[0].Details);
        Assert.Contains(
            "resolve 'region1.v2.argotunnel.com'. Run: dig A region1.v2.argotunnel.com @1.1.1.1.", report.Rows[0].Action,
            StringComparison.Ordinal);
        Assert.All(report.Rows.Skip(2).Take(4), row => Assert.Equal("DNS prerequisite failed", row.Details));
    }

    [Fact]
    public async Task S11_11_DnsGroupIsEmpty()
    {
        _probes.Targets = [_probes.Targets[0], _probes.Targets[1] with { Addresses = [] }];

        var report = await RunAsync();

        Assert.Equal("0P0F1P1S2P2S3P", Text(report));
        Assert.Equal("No addresses returned", report.Rows[1].Details);
        Assert.Equal("No suitable address found for configured IP version", report.Rows[3].Details);
        Assert.True(report.HardFail);
    }

    [Fact]
    public async Task S11_11_ApiFails()
    {
        _probes.Api = false;

        var report = await RunAsync();

        Assert.Equal("0P0P1P1P2P2P3F", Text(report));
        Assert.Equal((TunnelProtocol.Quic, false, true), Judged(report));
        Assert.Equal(("api.cloudflare.com:443", "API Connection failed"), (report.Rows[^1].Target, report.Rows[^1].Details));
    }

    [Theory]
    [InlineData(EdgeIpVersion.Auto, 4)]
    [InlineData(EdgeIpVersion.V4, 2)]
    [InlineData(EdgeIpVersion.V6, 2)]
    public async Task S11_11_EachFamilyIsDialledOnce(EdgeIpVersion version, int dials)
    {
        _probes.Targets =
        [
            new("region1.v2.argotunnel.com", [FakeProbes.First4, FakeProbes.First6, IPEndPoint.Parse("192.0.2.9:7844")]),
            new("region2.v2.argotunnel.com", [FakeProbes.Second6, FakeProbes.Second4]),
        ];

        Assert.Equal(Pass7, Text(await RunAsync(version: version)));

        Assert.Equal(dials, _probes.Dials.Count(dial => dial.Transport == "quic"));
        Assert.Equal(dials, _probes.Dials.Count(dial => dial.Transport == "http2"));
    }

    [Fact]
    public async Task S11_11_NoAddressOfTheFamily()
    {
        Assert.Equal("0P0P1S1S2S2S3P", Text(await RunAsync(version: EdgeIpVersion.V6)));
        Assert.Empty(_probes.Dials);
    }

    [Fact]
    public async Task S11_11_OneFamilyThatAnswersIsEnough()
    {
        _probes.Targets = [new("edge.example:7844", [FakeProbes.First6, FakeProbes.First4])];
        _probes.Quic = address => address.Equals(FakeProbes.First4);

        Assert.Equal("0P1P2P3P", Text(await RunAsync()));
        Assert.Equal(2, _probes.Dials.Count(dial => dial.Transport == "quic"));
    }

    [Theory]
    [InlineData(1, "0P1P2P3S")]
    [InlineData(2, "0P0P1P1P2P2P3S")]
    public async Task S11_11_EdgesOfOnesOwn(int edges, string rows)
    {
        _probes.ApiTarget = null;
        _probes.Targets = [
            .. _probes.Targets.Take(edges).Select((target, at) => target with { Name = $"edge{at}.example:7844" })];

        var report = await RunAsync();

        Assert.Equal(rows, Text(report));
        Assert.All(report.Rows.SkipLast(1), row => Assert.Matches(@"^edge[01]\.example:7844$", row.Target));
        Assert.Equal((TunnelProtocol.Quic, false, false), Judged(report));
    }

    [Theory]
    [InlineData(TunnelProtocol.Http2, true, true, TunnelProtocol.Http2)]
    [InlineData(TunnelProtocol.Quic, true, true, TunnelProtocol.Quic)]
    [InlineData(TunnelProtocol.Http2, false, true, TunnelProtocol.Http2)]
    [InlineData(TunnelProtocol.Quic, false, true, TunnelProtocol.Http2)]
    [InlineData(TunnelProtocol.Http2, false, false, null)]
    public async Task S11_11_TransportThatIsAskedFor(TunnelProtocol asked, bool quic, bool http2, TunnelProtocol? suggested)
    {
        (_probes.Quic, _probes.Http2) = (_ => quic, _ => http2);

        Assert.Equal(suggested, (await RunAsync(asked)).Suggested);
    }

    [Fact]
    public async Task K29_ThreeTriesWithPausesThenFail()
    {
        var time = new FakeTime();
        _probes.Quic = _ => false;
        _probes.Targets = [_probes.Targets[0]];
        var running = new PrecheckRun(_probes, TunnelProtocol.Auto, EdgeIpVersion.Auto, time).RunAsync(
            Precheck.StartLimit, CancellationToken.None);

        await time.WaitBegunAsync(TimeSpan.FromSeconds(1));
        Assert.Single(_probes.Dials, dial => dial.Transport == "quic");
        time.Advance(TimeSpan.FromSeconds(1));
        await time.WaitBegunAsync(TimeSpan.FromSeconds(2));
        Assert.Equal(2, _probes.Dials.Count(dial => dial.Transport == "quic"));
        time.Advance(TimeSpan.FromSeconds(2));

        Assert.Equal("0P1F2P3P", Text(await running.InTime()));
        Assert.Equal(3, _probes.Dials.Count(dial => dial.Transport == "quic"));
    }

    [Fact]
    public async Task K29_ADialThatHangsEndsAfterFiveSecondsAndTheRunAfterTen()
    {
        var time = new FakeTime();
        _probes.Hangs = true;
        _probes.Targets = [_probes.Targets[0]];
        var running = new PrecheckRun(_probes, TunnelProtocol.Auto, EdgeIpVersion.Auto, time).RunAsync(
            Precheck.StartLimit, CancellationToken.None);

        await Deadline.UntilAsync(() => _probes.Dials.Count == 2, "both transports are dialled");
        time.Advance(TimeSpan.FromSeconds(5));
        await time.WaitBegunAsync(TimeSpan.FromSeconds(1));
        await time.WaitBegunAsync(TimeSpan.FromSeconds(1));
        time.Advance(TimeSpan.FromSeconds(1));
        await Deadline.UntilAsync(() => _probes.Dials.Count == 4, "both transports are dialled again");
        time.Advance(TimeSpan.FromSeconds(4));

        Assert.Equal("0P1F2F3P", Text(await running.InTime()));
    }

    [Fact]
    public async Task A_stop_ends_it()
    {
        using var stop = new CancellationTokenSource();
        _probes.Hangs = true;
        var running = new PrecheckRun(_probes, TunnelProtocol.Auto, EdgeIpVersion.Auto, TimeProvider.System).RunAsync(
            Precheck.StartLimit, stop.Token);
        await Deadline.UntilAsync(() => !_probes.Dials.IsEmpty, "it dials");
        await stop.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => running.InTime());
    }

    private Task<PrecheckReport> RunAsync(
        TunnelProtocol asked = TunnelProtocol.Auto, EdgeIpVersion version = EdgeIpVersion.Auto) =>
        new PrecheckRun(_probes, asked, version, new HurryingTime()).RunAsync(TimeSpan.FromMinutes(10), CancellationToken.None)
            .InTime();

    private static (TunnelProtocol? Suggested, bool HardFail, bool Degraded) Judged(PrecheckReport report) =>
        (report.Suggested, report.HardFail, report.Degraded);

    private static string Text(PrecheckReport report) =>
        string.Concat(report.Rows.Select(row => $"{(int)row.Kind}{row.Status.ToString()[0]}"));

    // Pauses of seconds are over at once; limits are not.
    private sealed class HurryingTime : TimeProvider
    {
        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
            System.CreateTimer(callback, state, dueTime < PrecheckRun.DialLimit ? TimeSpan.Zero : dueTime, period);
    }
}
