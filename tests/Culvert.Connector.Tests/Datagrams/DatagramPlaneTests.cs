using System.Net;
using Culvert.Connector.Datagrams;
using Culvert.Connector.Registration;
using Culvert.Connector.Tests.Fixtures;
using Culvert.Engine.Flows;
using Culvert.Ingress.Services;
using Culvert.Ingress.Snapshots;
using Culvert.Transports.Connections;
using Culvert.Transports.Credentials;
using Culvert.Transports.Datagrams;
using Culvert.Transports.Tls;
using Microsoft.Extensions.Logging.Abstractions;

namespace Culvert.Connector.Tests.Datagrams;

public sealed class DatagramPlaneTests
{
    private static readonly ConnectorOptions Options = new()
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
    public void C3_the_users_features_choose_the_version(string features, int version)
    {
        using var plane = Create(Options with { Features = features.Split(',', StringSplitOptions.RemoveEmptyEntries) });
        Assert.Equal((DatagramVersion)version, plane.Version(new ConnectionWithDatagrams()));
        Assert.Equal(DatagramVersion.V2, plane.Version(new FakeEdgeConnection(0)));
    }

    [Fact]
    public void C2_version_3_is_listed_where_it_is_spoken_and_drafts_of_it_never()
    {
        var users = new[] { "support_datagram_v3_1", "mine", "support_datagram_v3", "support_quic_eof", "support_datagram_v3_2" };
        Assert.Equal(
            [.. Features.Default, "mine", "support_datagram_v3_2"], Features.Of(Features.Default, users, DatagramVersion.V3));
        Assert.Equal([.. Features.Default, "mine"], Features.Of(Features.Default, users, DatagramVersion.V2));
    }

    [Fact]
    public void C32_session_calls_are_refused_where_version_3_is_spoken()
    {
        using var plane = Create(Options);
        Assert.Null(plane.Sessions(new FakeEdgeConnection(0)));
        Assert.NotNull(plane.Sessions(new ConnectionWithDatagrams()));
    }

    [Fact]
    public void Only_a_connection_that_speaks_it_is_served()
    {
        using var plane = Create(Options);
        var connection = new ConnectionWithDatagrams();
        plane.Start(connection);
        Assert.True(connection.IsServed);
        using var older = Create(Options with { Features = ["support_datagram_v2"] });
        connection = new ConnectionWithDatagrams();
        older.Start(connection);
        older.Start(new FakeEdgeConnection(0));
        Assert.False(connection.IsServed);
    }

    private static DatagramPlane Create(ConnectorOptions options) =>
        new(options, new FlowLimiter(), TimeProvider.System, NullLogger.Instance);

    private sealed class ConnectionWithDatagrams : EdgeConnection, IDatagramConnection, IDatagramSender
    {
        public bool IsServed { get; private set; }

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

        public void StartDatagrams(IDatagramReceiver receiver) => IsServed = true;

        public bool TrySend(ReadOnlySpan<byte> datagram) => true;

        public void Flush()
        {
        }
    }
}
