using System.Net;
using Culvert.Edge.PrivateNetworks;
using Culvert.Edge.PrivateNetworks.Flows;
using Culvert.Edge.Tunnels;
using Culvert.Tests.Fixtures;
using Culvert.Transports.Credentials;

namespace Culvert.Edge.Tests.PrivateNetworks;

/// <summary>A table of flows whose clock the test moves, a tunnel whose connectors the test is, and a client.</summary>
internal sealed class FlowLab : IFlowClient, IAsyncDisposable
{
    public const string V3 = "support_datagram_v3_2";

    private readonly FlowSource _source = new();

    public FlowLab(FlowOptions? options = null)
    {
        Table = new FlowTable(options ?? new FlowOptions(), Time);
        Tunnel = new Tunnel(
            new TunnelCredentials("account", Guid.NewGuid(), new byte[] { 1 }), "host.example", isQuick: false,
            Time.GetTimestamp());
    }

    public FakeTime Time { get; } = new();

    public FlowTable Table { get; }

    public Tunnel Tunnel { get; }

    /// <summary>What the client got, oldest first.</summary>
    public Queue<byte[]> Delivered { get; } = new();

    public int RefusedCount { get; private set; }

    public int UnreachableCount { get; private set; }

    public int EndedCount { get; private set; }

    public static PrivateDestination Destination { get; } = new("host.example", new IPEndPoint(IPAddress.Parse("10.0.0.53"), 53));

    /// <summary>A connector's connection registers.</summary>
    public (FakeDatagrams Datagrams, TunnelConnection Connection) Connect(
        Guid connector, byte index = 0, params string[] features)
    {
        var datagrams = new FakeDatagrams();
        var transport = new DatagramTransport(datagrams);
        var connection = new TunnelConnection(transport, connector, index)
        {
            Flows = FlowCarrier.Start(transport, connector, index, features.Length == 0 ? [V3] : features, Table),
        };
        Tunnel.Add(connection);
        datagrams.ClosedToken.Register(() => Tunnel.Remove(connection, Time.GetTimestamp()));
        return (datagrams, connection);
    }

    public TunnelFlow Open(PrivateDestination? destination = null) => Table.Open(Tunnel, destination ?? Destination, this)!;

    /// <summary>A flow that a connector has accepted.</summary>
    public (TunnelFlow Flow, UInt128 Id) OpenActive(FakeDatagrams connector)
    {
        var flow = Open();
        Send(flow, "first"u8);
        var id = connector.NextRegistration();
        connector.Answer(id);
        Assert.Equal("first"u8.ToArray(), connector.NextPayload(id));
        return (flow, id);
    }

    /// <summary>Sends a client's datagram; false when it leads nowhere.</summary>
    public bool Send(TunnelFlow flow, ReadOnlySpan<byte> payload)
    {
        var isSent = flow.Send(payload, _source);
        _source.Flush();
        return isSent;
    }

    /// <summary>Moves the clock, a tenth of a second after the other.</summary>
    public void Advance(double seconds)
    {
        for (var tick = 0; tick < (int)Math.Round(seconds * 10); tick++)
        {
            Time.Advance(TimeSpan.FromMilliseconds(100));
            Table.Tick();
        }
    }

    public void Deliver(TunnelFlow flow, ReadOnlySpan<byte> payload) => Delivered.Enqueue(payload.ToArray());

    public void Refused(TunnelFlow flow) => RefusedCount++;

    public void Unreachable(TunnelFlow flow) => UnreachableCount++;

    public void Ended(TunnelFlow flow) => EndedCount++;

    public ValueTask DisposeAsync() => Table.DisposeAsync();
}
