using System.Diagnostics;
using Culvert.Edge.PrivateNetworks.Flows;
using Culvert.Edge.Tunnels;

namespace Culvert.Edge.Tests.PrivateNetworks;

/// <summary>What an edge does with sessions of version 2, by the numbers of the conformance checklist.</summary>
[Trait("Category", "Unit")]
public sealed class SessionFlowTests : IAsyncDisposable
{
    private static readonly Guid Connector = Guid.NewGuid();

    private readonly FlowLab _lab = new();

    public ValueTask DisposeAsync() => _lab.DisposeAsync();

    [Fact]
    public void E15_E17_SessionsHaveIdsOfTheirOwn_LongHints_AndEndWhenTheConnectorSaysSo()
    {
        var (datagrams, transport) = Connect(0);
        var flow = _lab.Open();
        _lab.Send(flow, "x"u8);
        Until(() => datagrams.Sent.Count == 1);
        var first = transport.Registered.Single();
        Assert.Equal((FlowLab.Destination.EndPoint.Address, 53), (first.DestinationIp, first.DestinationPort));
        Assert.True(first.CloseAfterIdle > _lab.Table.Options.IdleTimeout);
        var suffix = first.SessionId.ToString("N") + "00";
        Assert.Equal(("78" + suffix).ToUpperInvariant(), Convert.ToHexString(datagrams.Sent.Dequeue()));
        datagrams.FromConnector(Convert.FromHexString("6f6b" + suffix));
        Assert.Equal("ok"u8.ToArray(), _lab.Delivered.Dequeue());

        // Told twice, and of one that never was.
        transport.SessionEnded!(first.SessionId, "idle");
        transport.SessionEnded!(first.SessionId, "idle");
        transport.SessionEnded!(Guid.NewGuid(), "idle");
        _lab.Send(flow, "y"u8);
        Until(() => datagrams.Sent.Count == 1);
        Assert.Equal(2, transport.Registered.Count);
        Assert.NotEqual(first.SessionId, transport.Registered[1].SessionId);
        Assert.All(datagrams.Sent, datagram => Assert.Equal(0, datagram[^1]));
    }

    [Fact]
    public void ASessionIsRegisteredOnce_HoweverLongTheAnswerTakes_AndEndsAtTheConnectorToo()
    {
        var (datagrams, transport) = Connect(0);
        var flow = _lab.Open();
        _lab.Send(flow, "x"u8);
        Until(() => datagrams.Sent.Count == 1);
        _lab.Advance(3);
        Assert.Single(transport.Registered);
        flow.End();
        Until(() => transport.Unregistered.Count == 1);
        Assert.Equal(transport.Registered[0].SessionId, transport.Unregistered[0]);
    }

    // In the words of the original, and in ours.
    [Theory]
    [InlineData("read udp 127.0.0.1:41000->127.0.0.1:53: read: connection refused", 1)]
    [InlineData("flow (read) connection closed: Connection refused", 1)]
    [InlineData("session idle for 1m5s", 0)]
    public void ASessionThatEndsBecauseItsPortIsClosedIsReportedToTheClient(string reason, int reports)
    {
        var (datagrams, transport) = Connect(0);
        var flow = _lab.Open();
        _lab.Send(flow, "x"u8);
        Until(() => datagrams.Sent.Count == 1);
        transport.SessionEnded!(transport.Registered[0].SessionId, reason);
        Assert.Equal(reports, _lab.UnreachableCount);
        _lab.Send(flow, "y"u8);
        Until(() => datagrams.Sent.Count == 2);
        Assert.Equal(2, transport.Registered.Count);
    }

    [Fact]
    public async Task CallsThatAreUnderWayEndWithTheTable()
    {
        var (datagrams, transport) = Connect(0);
        transport.Answering = new TaskCompletionSource();
        var flow = _lab.Open();
        _lab.Send(flow, "x"u8);
        Assert.Equal(1, _lab.Table.Calls.Count);
        await _lab.DisposeAsync();
        Assert.True(transport.LastCall.IsCancellationRequested);
        Assert.Empty(datagrams.Sent);
        Until(() => _lab.Table.Calls.Count == 0);
    }

    [Fact]
    public void ASessionDoesNotMove_AnotherOneIsOpened()
    {
        var (datagrams, transport) = Connect(0);
        var flow = _lab.Open();
        _lab.Send(flow, "x"u8);
        Until(() => datagrams.Sent.Count == 1);
        var (second, other) = Connect(1);
        datagrams.Close();
        _lab.Send(flow, "y"u8);
        Until(() => second.Sent.Count == 1);
        Assert.NotEqual(transport.Registered[0].SessionId, other.Registered.Single().SessionId);

        // What comes on the wrong connection is not its.
        datagrams.FromConnector([1, .. Convert.FromHexString(other.Registered[0].SessionId.ToString("N")), 0]);
        Assert.Empty(_lab.Delivered);
    }

    [Fact]
    public void ARefusedSessionIsLeftAlone()
    {
        var (datagrams, transport) = Connect(0);
        transport.Refusal = "failed to start udp session due to rate limiting: too many active flows";
        var flow = _lab.Open();
        _lab.Send(flow, "x"u8);
        Until(() => _lab.RefusedCount == 1);
        _lab.Send(flow, "x"u8);
        Assert.Single(transport.Registered);
        transport.Refusal = "unable to dial";
        _lab.Advance(2.1);
        _lab.Send(flow, "x"u8);
        Until(() => _lab.RefusedCount == 2);
        _lab.Advance(10);
        _lab.Send(flow, "x"u8);
        Assert.Equal(2, transport.Registered.Count);
        Assert.Empty(datagrams.Sent);
    }

    private (FakeDatagrams Datagrams, DatagramTransport Transport) Connect(byte index)
    {
        var datagrams = new FakeDatagrams();
        var transport = new DatagramTransport(datagrams);
        var connection = new TunnelConnection(transport, Connector, index)
        {
            Flows = FlowCarrier.Start(transport, Connector, index, ["support_datagram_v2"], _lab.Table),
        };
        _lab.Tunnel.Add(connection);
        datagrams.ClosedToken.Register(() => _lab.Tunnel.Remove(connection, _lab.Time.GetTimestamp()));
        return (datagrams, transport);
    }

    // Answers to calls come from the thread pool.
    private static void Until(Func<bool> condition)
    {
        var limit = Stopwatch.StartNew();
        while (!condition())
        {
            Assert.True(limit.Elapsed < TimeSpan.FromSeconds(20), "it did not happen");
            Thread.Sleep(1);
        }
    }
}
