using System.Net;
using Culvert.Engine.Datagrams.Muxer;
using Culvert.Engine.Datagrams.V2;
using Culvert.Engine.Flows;
using Culvert.Engine.Tests.Datagrams.Muxer;
using Culvert.Transports.Sessions;

namespace Culvert.Engine.Tests.Datagrams.V2;

/// <summary>Sessions of version 2, by the numbers of the conformance checklist.</summary>
[Trait("Category", "Functional")]
public sealed class UdpSessionTests : IDisposable
{
    private static readonly Guid Id = Guid.Parse("00112233-4455-6677-8899-aabbccddeeff");

    private readonly MuxerLab _lab = new();
    private readonly MemoryConnection _edge = new();
    private readonly List<(Guid Id, string Reason)> _ended = [];
    private readonly UdpSessions _sessions;

    public UdpSessionTests() => _sessions = new UdpSessions(
        _lab.Attach(_edge, 2, (id, reason) => _ended.Add((id, reason))));

    public void Dispose() => _lab.Dispose();

    [Fact]
    public async Task C36_C43_AfterTheAnswerDatagramsPass_UnderTheIdInTheOrderOfItsText()
    {
        Assert.Null(await RegisterAsync(Id));
        Send("hello"u8, "00112233445566778899aabbccddeeff00");
        var (payload, from) = _lab.AtOrigin();
        Assert.Equal("hello"u8.ToArray(), payload);
        for (var i = 0; i < 20; i++)
            _lab.Origin.SendTo([(byte)i, (byte)i], from);
        _lab.Origin.SendTo([], from);
        for (var i = 0; i < 20; i++)
            Assert.Equal($"{i:X2}{i:X2}00112233445566778899AABBCCDDEEFF00", Convert.ToHexString(_lab.Next(_edge)));
        Assert.Equal("00112233445566778899AABBCCDDEEFF00", Convert.ToHexString(_lab.Next(_edge)));
        Assert.Equal((1, 1), (_lab.Muxer.Counters(2).ActiveSessions, _lab.Muxer.Counters(2).TotalSessions));
        Assert.Equal((0, 1), (_lab.Muxer.Counters(2).Total, _lab.Limiter.Active));
    }

    [Theory]
    [InlineData(0, 210, "session idle for 3m30s")]
    [InlineData(1500, 1.5, "session idle for 1.5s")]
    [InlineData(90_000, 90, "session idle for 1m30s")]
    [InlineData(1, 1, "session idle for 1s")]
    [InlineData(-5, 210, "session idle for 3m30s")]
    public async Task C37_C42_AnIdleSessionEnds_AndTheEdgeIsToldWhy(int milliseconds, double seconds, string reason)
    {
        Assert.Null(await RegisterAsync(Id, TimeSpan.FromMilliseconds(milliseconds)));
        _lab.Advance(TimeSpan.FromSeconds(seconds - 0.01));
        Assert.Equal(1, _lab.Muxer.FlowCount);
        _lab.Advance(TimeSpan.FromSeconds(0.2));
        Assert.Equal((0, 0), (_lab.Muxer.FlowCount, _lab.Limiter.Active));
        Assert.Equal([(Id, reason)], _ended);
        Assert.Equal(0, _lab.Muxer.Counters(2).ActiveSessions);
    }

    [Fact]
    public async Task C37_C38_TheEdgeEndsASession_AndIsNotTold_AndAnUnknownOneIsNoError()
    {
        Assert.Null(await RegisterAsync(Id));
        for (var i = 0; i < 2; i++)
        {
            var ending = _sessions.UnregisterUdpSessionAsync(Id, "enough", default).AsTask();
            _lab.Round();
            await ending;
            Assert.Equal(0, _lab.Muxer.FlowCount);
        }
        Assert.Empty(_ended);
        Send("late"u8, "00112233445566778899aabbccddeeff00");
        Assert.Equal(1, _lab.Muxer.Counters(2).Dropped(DropReason.FlowUnknown));
    }

    [Fact]
    public async Task C39_TheLimitRefuses_InTheOriginalsWords()
    {
        _lab.Limiter.Limit = 1;
        Assert.Null(await RegisterAsync(Id));
        Assert.Equal(
            "failed to start udp session due to rate limiting: too many active flows", await RegisterAsync(Guid.NewGuid()));
        Assert.Equal(1, _lab.Limiter.Refused(FlowKind.Udp));
    }

    [Fact]
    public async Task ADestinationThatCannotBeDialledGivesItsPlaceBack_AndAnIdInUseIsRefused()
    {
        Assert.StartsWith(
            "unable to dial udp to origin [fe80::1]:53: ", await RegisterAsync(Id, address: "fe80::1"), StringComparison.Ordinal);
        Assert.Equal(0, _lab.Limiter.Active);
        Assert.Null(await RegisterAsync(Id));
        Assert.Equal("session id is in use", await RegisterAsync(Id));
        Assert.Equal(1, _lab.Limiter.Active);
    }

    [Fact]
    public async Task C40_AMappedAddressIsDialledAsIpv4()
    {
        Assert.Null(await RegisterAsync(Id, address: "::ffff:127.0.0.1"));
        Send("hello"u8, "00112233445566778899aabbccddeeff00");
        Assert.Equal(IPAddress.Loopback, ((IPEndPoint)_lab.AtOrigin().From).Address);
    }

    [Fact]
    public async Task C41_AnOriginsDatagramOf1281BytesIsDroppedAndCounted_AndTheSessionLivesOn()
    {
        Assert.Null(await RegisterAsync(Id));
        Send("go"u8, "00112233445566778899aabbccddeeff00");
        var from = _lab.AtOrigin().From;
        _lab.Origin.SendTo(new byte[1281], from);
        _lab.Origin.SendTo(new byte[1280], from);
        Assert.Equal(1280 + 17, _lab.Next(_edge).Length);
        Assert.Equal(1, _lab.Muxer.Counters(2).TooBigForSession);
        Assert.Equal(1, _lab.Muxer.FlowCount);
    }

    [Fact]
    public async Task C6_NeitherVersionReadsTheOther()
    {
        // A registration of version 3 with a valid suffix type at its end.
        _edge.Register(5, MuxerLab.Loopback, _lab.Port, payload: [4]);
        _lab.Round();
        Assert.Equal(0, _lab.Muxer.FlowCount);
        Assert.Empty(_edge.ToEdge);

        // And the flow of one cannot be reached from the other.
        Assert.Null(await RegisterAsync(Id));
        _lab.First.Payload(UdpSessions.IdOf(Id), "to a session"u8);
        _lab.Open(_lab.First, 5);
        Send("to a flow"u8, "0000000000000000000000000000000500");
        Assert.Equal(1, _lab.Muxer.Counters(0).Dropped(DropReason.FlowUnknown));
        Assert.Equal(1, _lab.Muxer.Counters(2).Dropped(DropReason.FlowUnknown));
        Assert.Equal(0, _lab.Origin.Available);
    }

    [Fact]
    public async Task SessionsStayOnTheirConnection_AndEndWithIt()
    {
        Assert.Null(await RegisterAsync(Id));
        var other = new MemoryConnection();
        _ = _lab.Attach(other, 3, (_, _) => { });
        other.FromEdge(Convert.FromHexString("6100112233445566778899aabbccddeeff00"));
        _lab.Round();
        Assert.Equal(1, _lab.Muxer.Counters(3).Dropped(DropReason.FlowUnknown));
        _edge.Close();
        _lab.Until(() => _lab.Muxer.FlowCount == 0);
        Assert.Empty(_ended);
        Assert.Equal("the connection has ended", await RegisterAsync(Id));
    }

    [Fact]
    public async Task NothingMalformedEndsAnything()
    {
        Assert.Null(await RegisterAsync(Id));
        foreach (var hex in new[] { "", "00", "0203", "04ff", "03", new string('a', 60) + "03" })
            _edge.FromEdge(Convert.FromHexString(hex));
        var random = new Random(4);
        var bytes = new byte[1400];
        for (var i = 0; i < 20_000; i++)
        {
            var length = random.Next(i % 20 == 0 ? 1400 : 40);
            random.NextBytes(bytes.AsSpan(0, length));
            _edge.FromEdge(bytes.AsSpan(0, length));
            if (i % 100 == 0)
                _lab.Round();
        }
        Send("still here"u8, "00112233445566778899aabbccddeeff00");
        Assert.Equal("still here"u8.ToArray(), _lab.AtOrigin().Payload);
        Assert.Empty(_edge.ToEdge);
    }

    private async Task<string?> RegisterAsync(Guid id, TimeSpan idle = default, string address = "127.0.0.1")
    {
        var port = (ushort)(address.EndsWith("127.0.0.1", StringComparison.Ordinal) ? _lab.Port : 53);
        var request = new UdpSessionRequest(id, IPAddress.Parse(address), port, idle, "");
        var registering = _sessions.RegisterUdpSessionAsync(request, default).AsTask();
        _lab.Round();
        return (await registering).Error;
    }

    private void Send(ReadOnlySpan<byte> payload, string suffix)
    {
        _edge.FromEdge([.. payload, .. Convert.FromHexString(suffix)]);
        _lab.Round();
    }
}
