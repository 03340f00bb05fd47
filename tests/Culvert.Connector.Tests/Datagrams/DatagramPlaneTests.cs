using System.Net;
using Culvert.CapnProto.Rpc;
using Culvert.Connector.Datagrams;
using Culvert.Connector.Metrics;
using Culvert.Connector.Registration;
using Culvert.Connector.RemoteFeatures;
using Culvert.Connector.Tests.Fixtures;
using Culvert.Engine.Flows;
using Culvert.Ingress.Services;
using Culvert.Ingress.Snapshots;
using Culvert.Tests.Fixtures;
using Culvert.Transports.Connections;
using Culvert.Transports.Credentials;
using Culvert.Transports.Datagrams;
using Culvert.Transports.Sessions;
using Culvert.Transports.Tls;
using Microsoft.Extensions.Logging.Abstractions;

namespace Culvert.Connector.Tests.Datagrams;

public sealed class DatagramPlaneTests
{
    internal static readonly ConnectorOptions Options = new()
    {
        Credentials = new TunnelCredentials("acct", Guid.NewGuid(), new byte[] { 1 }),
        EdgeAddresses = [],
        Trust = EdgeTrust.Default(),
        Ingress = IngressSnapshot.CatchAll(new OriginService.Status(404)),
    };

    [Theory]
    [InlineData("", 3)]
    [InlineData("support_datagram_v2", 2)]
    [InlineData("support_datagram_v3_2", 3)]
    [InlineData("support_datagram_v2,support_datagram_v3_2", 3)]
    [InlineData("something_else", 3)]
    public async Task C3_the_users_features_choose_the_version(string features, int version)
    {
        await using var plane = Create(Options with { Features = features.Split(',', StringSplitOptions.RemoveEmptyEntries) });
        Assert.Equal((DatagramVersion)version, plane.Version(new ConnectionWithDatagrams()));
        Assert.Equal(DatagramVersion.V2, plane.Version(new FakeEdgeConnection(0)));
    }

    [Theory]
    [InlineData("", 100, 3)]
    [InlineData("", 0, 2)]
    [InlineData("", null, 3)]
    [InlineData("support_datagram_v3_2", 0, 3)]
    [InlineData("support_datagram_v2", 100, 2)]
    public async Task T06_dns_chooses_the_version_where_the_user_does_not(string user, int? percentage, int version)
    {
        using var dns = new LoopbackDns(percentage is null ? [] : [$"{{\"dv3_2\":{percentage}}}"]);
        await using var remote = await FeatureSelector.StartAsync(
            new FeatureRecordSource("features.test", dns.Address), "acct", TimeProvider.System, NullLogger.Instance, default);
        await using var plane = new DatagramPlane(
            Options with { Features = user.Split(',', StringSplitOptions.RemoveEmptyEntries) }, new FlowLimiter(),
            new VirtualDns(), TimeProvider.System,
            NullLogger.Instance, new ConnectorMetrics("test"), remote);

        Assert.Equal((DatagramVersion)version, plane.Version(new ConnectionWithDatagrams()));
        Assert.Equal(DatagramVersion.V2, plane.Version(new FakeEdgeConnection(0)));
    }

    // T10.
    [Fact]
    public async Task T10_connection_keeps_its_version_when_dns_says_something_else_later()
    {
        using var dns = new LoopbackDns("{\"dv3_2\":100}");
        var time = new FakeTime();
        await using var remote = await FeatureSelector.StartAsync(
            new FeatureRecordSource("features.test", dns.Address), "acct", time, NullLogger.Instance, default);
        await using var plane = new DatagramPlane(
            Options, new FlowLimiter(), new VirtualDns(), TimeProvider.System, NullLogger.Instance,
            new ConnectorMetrics("test"), remote);
        var connection = new ConnectionWithDatagrams();
        Assert.Equal(DatagramVersion.V3, plane.Version(connection));

        dns.Records = ["{\"dv3_2\":0}"];
        await time.WaitBegunAsync(FeatureSelector.Interval);
        time.Advance(FeatureSelector.Interval);
        await time.WaitBegunAsync(FeatureSelector.Interval);
        Assert.Equal(DatagramVersion.V3, plane.Version(connection));
        Assert.Equal(DatagramVersion.V2, plane.Version(new ConnectionWithDatagrams()));
    }

    [Fact]
    public void C2_version_3_is_listed_where_it_is_spoken_and_drafts_of_it_never()
    {
        var users = new[] { "support_datagram_v3_1", "mine", "support_datagram_v3", "support_quic_eof", "support_datagram_v3_2" };
        Assert.Equal(
            [.. Features.Default, "mine", "support_datagram_v3_2", "culvert_udp_unreachable"],
            Features.Of(Features.Default, users, DatagramVersion.V3));
        Assert.Equal([.. Features.Default, "mine"], Features.Of(Features.Default, users, DatagramVersion.V2));
    }

    [Fact]
    public async Task C32_session_calls_are_refused_where_version_3_is_spoken()
    {
        await using var plane = Create(Options);
        Assert.Null(plane.Start(new FakeEdgeConnection(0)));
        var sessions = plane.Start(new ConnectionWithDatagrams())!;
        var request = new UdpSessionRequest(Guid.NewGuid(), IPAddress.Loopback, 53, TimeSpan.Zero, "");
        Assert.Equal(
            "datagram v3 does not support RegisterUdpSession RPC",
            (await sessions.RegisterUdpSessionAsync(request, default)).Error);
        var error = await Assert.ThrowsAsync<RpcException>(
            async () => await sessions.UnregisterUdpSessionAsync(request.SessionId, "", default));
        Assert.Equal("datagram v3 does not support UnregisterUdpSession RPC", error.Message);
    }

    [Fact]
    public async Task Every_connection_with_datagrams_is_served_in_its_version()
    {
        await using var plane = Create(Options);
        var connection = new ConnectionWithDatagrams();
        Assert.NotNull(plane.Start(connection));
        Assert.True(connection.IsServed);
        await using var older = Create(Options with { Features = ["support_datagram_v2"] });
        connection = new ConnectionWithDatagrams();
        var request = new UdpSessionRequest(Guid.NewGuid(), IPAddress.Loopback, 53, TimeSpan.Zero, "");
        var registering = older.Start(connection)!.RegisterUdpSessionAsync(request, default).AsTask();
        Assert.True(connection.IsServed);
        connection.Receiver!.Ready();
        Assert.Null((await registering.WaitAsync(TimeSpan.FromSeconds(20))).Error);
        connection.Receiver.Ended();
        Assert.Null(older.Start(new FakeEdgeConnection(0)));
    }

    private static DatagramPlane Create(ConnectorOptions options) =>
        new(options, new FlowLimiter(), new VirtualDns(), TimeProvider.System, NullLogger.Instance, new ConnectorMetrics("test"));

    internal sealed class ConnectionWithDatagrams : EdgeConnection, IDatagramConnection, IDatagramSender
    {
        public bool IsServed => Receiver is not null;

        public IDatagramReceiver? Receiver { get; private set; }

        public override byte Index => 2;

        public override string Protocol => "quic";

        public override IPEndPoint RemoteEndPoint { get; } = new(IPAddress.Loopback, 7844);

        public override IPAddress ReportedAddress => IPAddress.Loopback;

        public override IDatagramConnection? Datagrams => this;

        public int MaxDatagramPayload => 1200;

        public CancellationToken ClosedToken => CancellationToken.None;

        public override Task ServeAsync(IEdgeConnectionHandler handler, CancellationToken cancellationToken) =>
            throw new NotSupportedException("Tests ask the plane alone.");

        public override ValueTask DisposeAsync() => ValueTask.CompletedTask;

        public IDatagramSender OpenDatagramSender() => this;

        public void StartDatagrams(IDatagramReceiver receiver) => Receiver = receiver;

        public bool TrySend(ReadOnlySpan<byte> datagram) => true;

        public void Flush()
        {
        }
    }
}
