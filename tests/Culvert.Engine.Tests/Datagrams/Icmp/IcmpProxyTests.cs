using System.Diagnostics;
using System.Net;
using Culvert.Engine.Datagrams.Icmp;
using Culvert.Engine.Datagrams.Muxer;
using Culvert.Engine.Datagrams.V2;
using Culvert.Engine.Tests.Datagrams.Muxer;
using Culvert.Tests.Fixtures;
using Microsoft.Extensions.Logging.Abstractions;

namespace Culvert.Engine.Tests.Datagrams.Icmp;

[Trait("Category", "Functional")]
public sealed class IcmpProxyTests : IAsyncDisposable
{
    private static readonly IPAddress Client = IPAddress.Parse("100.96.0.7");

    private readonly FakeTime _time = new();
    private readonly IcmpProxy _proxy;
    private readonly DatagramCounters _counters = new();
    private readonly List<MemoryConnection> _connections = [];

    public IcmpProxyTests() => _proxy = new IcmpProxy(
        new IcmpOptions { MaxFlows = 3 }, IPAddress.Loopback, null, _time, NullLogger.Instance);

    public ValueTask DisposeAsync() => _proxy.DisposeAsync();

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void C45_H05_APacketThatMayGoNoFurtherIsAnswered_WhateverItIs(bool isSuffixed)
    {
        var (connection, edge) = Connect(0, isSuffixed);
        _proxy.Handle(connection, Echo(1, 5, timeToLive: 1));
        _proxy.Handle(connection, Echo(1, 5, timeToLive: 0, type: 13));
        for (var i = 0; i < 2; i++)
        {
            var packet = Next(edge, isSuffixed);
            Assert.Equal(11, packet[20]);
            Assert.Equal(Client.GetAddressBytes(), packet[16..20]);
        }
        Assert.Equal(0, _proxy.Requests);
    }

    // The original sends spans for the first of each ping; only the hosted edge reads them.
    [Fact]
    public void H02_ATracedPacketIsAnsweredAsAnyOther_WithoutSpans()
    {
        var (connection, edge) = Connect(0, isSuffixed: true);
        var packet = Echo(1, 5, timeToLive: 1);
        byte[] traced = [.. packet, .. new byte[SuffixedDatagram.TraceIdentityLength], (byte)SuffixType.TracedPacket];
        byte[] plain = [.. packet, (byte)SuffixType.Packet];
        Assert.True(connection.Wants(traced) && connection.Wants(plain));
        connection.Take(traced);
        connection.Take(plain);
        Assert.Equal(Next(edge, isSuffixed: true), Next(edge, isSuffixed: true));
        Assert.Empty(edge.ToEdge);
    }

    [Fact]
    public void H04_WhatIsNoEchoRequestIsCountedAndNotSent()
    {
        var (connection, edge) = Connect(0);
        _proxy.Handle(connection, Echo(1, 5, type: 0));
        _proxy.Handle(connection, Echo(1, 5, type: 3));
        _proxy.Handle(connection, Echo(1, 5, type: 11));
        _proxy.Handle(connection, Echo(1, 5, type: 13));
        _proxy.Handle(connection, [0x45]);
        _proxy.Handle(connection, Convert.FromHexString(
            "60000000000c3a40fd000001000000000000000000000007fd000000000000000000000000000001800094a81234000170696e67"));
        Assert.Equal(6, _counters.IcmpFailed);
        Assert.Equal(0, _proxy.FlowCount);
        Assert.Empty(edge.ToEdge);
    }

    [PingFact]
    public void C44_C48_H01_H03_RepliesComeBackAsTheClientKnowsThem_AndPingsDoNotMix()
    {
        var (connection, edge) = Connect(0);
        _proxy.Handle(connection, Echo(0x1234, 1, data: "ping"u8));
        _proxy.Handle(connection, Echo(0x1235, 2, data: "pong"u8));
        var seen = new List<(int, int, string)>();
        for (var i = 0; i < 2; i++)
        {
            Assert.Null(IcmpPacket.Read(Next(edge, false), out var packet));
            Assert.Equal((255, 0), (packet.TimeToLive, packet.Type));
            Assert.Equal(Client.GetAddressBytes(), packet.Destination.ToArray());
            Assert.Equal([127, 0, 0, 1], packet.Source.ToArray());
            Assert.Equal(0xffff, Sum(packet.Message));
            Assert.Equal(0xffff, Sum(packet.Packet[..20]));
            seen.Add((packet.EchoId, packet.EchoSequence, System.Text.Encoding.ASCII.GetString(packet.Message[8..])));
        }
        Assert.Equal([(0x1234, 1, "ping"), (0x1235, 2, "pong")], seen.Order());
        Until(() => _proxy.Replies == 2);
        Assert.Equal((2, 2), (_proxy.Requests, _proxy.FlowCount));
    }

    [PingFact]
    public void C49_H06_APingEndsWhenItIsIdle_AndMovesWithItsRequests()
    {
        var (first, firstEdge) = Connect(0);
        var (again, againEdge) = Connect(0);
        _proxy.Handle(first, Echo(7, 1));
        Next(firstEdge, false);

        // A reconnect under the same index is another connection.
        _proxy.Handle(again, Echo(7, 2));
        Next(againEdge, false);
        Assert.Equal(1, _proxy.FlowCount);
        Assert.Empty(firstEdge.ToEdge);
        _time.Advance(TimeSpan.FromSeconds(9));
        _proxy.Handle(again, Echo(7, 3));
        Next(againEdge, false);
        _time.Advance(TimeSpan.FromSeconds(2));
        Assert.Equal(1, _proxy.FlowCount);
        _time.Advance(TimeSpan.FromSeconds(10));
        Assert.Equal(0, _proxy.FlowCount);
    }

    [PingFact]
    public void ThereAreNoMorePingsThanAllowed()
    {
        var (connection, _) = Connect(0);
        for (ushort id = 1; id <= 5; id++)
            _proxy.Handle(connection, Echo(id, 1));
        Assert.Equal(3, _proxy.FlowCount);
        Assert.Equal(2, _counters.IcmpFailed);
    }

    [Fact]
    public async Task AFullQueueDropsTheNewest_AndTheConnectionsThreadNeverWaits()
    {
        var (connection, edge) = Connect(0);
        var packet = Echo(1, 1, timeToLive: 1);
        var datagram = new byte[packet.Length + 1];
        datagram[0] = 2;
        packet.CopyTo(datagram, 1);
        for (var i = 0; i < 100_000; i++)
            connection.Take(datagram);
        Until(() => edge.ToEdge.Count + _counters.IcmpQueueFull == 100_000);
        edge.Close();
        await connection.Running.WaitAsync(TimeSpan.FromSeconds(20));
        connection.Take([2]);
        connection.Take(new byte[1400]);
        Assert.Equal(2, _counters.Dropped(DropReason.Malformed));
    }

    [Fact]
    public void C50_WithoutPermissionThereIsNoProxy_AndOneLineSaysWhy()
    {
        var log = new LogLines();
        Assert.Null(IcmpProxy.Start(new IcmpOptions { Unusable = "--icmpv4-src: expect IPv4, but ::1 is IPv6" }, log, _time));
        Assert.Equal(["ICMP proxy feature is disabled --icmpv4-src: expect IPv4, but ::1 is IPv6"], log.Lines);
        log.Lines.Clear();

        // Addresses of documentation: no system has them, so it is the same whatever this user may do.
        var options = new IcmpOptions { SourceV4 = IPAddress.Parse("192.0.2.1"), SourceV6 = IPAddress.Parse("2001:db8::1") };
        Assert.Null(IcmpProxy.Start(options, log, _time));
        Assert.StartsWith(
            "ICMP proxy feature is disabled cannot create ICMPv4 proxy: ", Assert.Single(log.Lines), StringComparison.Ordinal);
    }

    private (IcmpConnection Connection, MemoryConnection Edge) Connect(byte index, bool isSuffixed = false)
    {
        var edge = new MemoryConnection();
        _connections.Add(edge);
        return (_proxy.Open(edge, index, _counters, isSuffixed), edge);
    }

    private static byte[] Echo(ushort id, ushort sequence, byte timeToLive = 64, byte type = 8, ReadOnlySpan<byte> data = default)
    {
        var packet = new byte[28 + data.Length];
        packet[20] = type;
        (packet[24], packet[25], packet[26], packet[27]) = ((byte)(id >> 8), (byte)id, (byte)(sequence >> 8), (byte)sequence);
        data.CopyTo(packet.AsSpan(28));
        IcmpWriter.Finish(packet, Client.GetAddressBytes(), [127, 0, 0, 1]);
        packet[8] = timeToLive;
        return packet;
    }

    private static byte[] Next(MemoryConnection edge, bool isSuffixed)
    {
        byte[]? datagram = null;
        Until(() => edge.ToEdge.TryDequeue(out datagram));
        Assert.Equal(isSuffixed ? 1 : 2, datagram![isSuffixed ? ^1 : 0]);
        return isSuffixed ? datagram[..^1] : datagram[1..];
    }

    private static void Until(Func<bool> condition)
    {
        var limit = Stopwatch.StartNew();
        while (!condition())
        {
            Assert.True(limit.Elapsed < TimeSpan.FromSeconds(20), "it did not happen");
            Thread.Sleep(1);
        }
    }

    private static int Sum(ReadOnlySpan<byte> bytes)
    {
        var sum = 0;
        for (var i = 0; i < bytes.Length; i++)
            sum += i % 2 == 0 ? bytes[i] << 8 : bytes[i];
        while (sum > 0xffff)
            sum = (sum & 0xffff) + (sum >> 16);
        return sum;
    }

    private sealed class LogLines : Microsoft.Extensions.Logging.ILogger
    {
        public List<string> Lines { get; } = [];

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(Microsoft.Extensions.Logging.LogLevel logLevel) => true;

        public void Log<TState>(
            Microsoft.Extensions.Logging.LogLevel logLevel, Microsoft.Extensions.Logging.EventId eventId, TState state,
            Exception? exception, Func<TState, Exception?, string> formatter) => Lines.Add(formatter(state, exception));
    }
}
