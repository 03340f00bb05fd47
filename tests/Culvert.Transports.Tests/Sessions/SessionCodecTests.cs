using System.Net;
using Culvert.CapnProto.Messages;
using Culvert.CapnProto.Rpc;
using Culvert.CapnProto.Tests.Streams;
using Culvert.Transports.Schema;
using Culvert.Transports.Sessions;

namespace Culvert.Transports.Tests.Sessions;

public class SessionCodecTests
{
    [Fact]
    public void Address_that_is_missing_is_an_exception()
    {
        var content = Written([]);
        Assert.Equal("[] is not valid IP", Assert.Throws<RpcException>(() => SessionCodec.ReadRequest(content)).Message);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(5)]
    [InlineData(17)]
    public void C40_Address_of_another_length_is_a_refusal(int length) =>
        Assert.Null(SessionCodec.ReadRequest(Written(new byte[length])));

    [Theory]
    [InlineData(-1)]
    [InlineData(long.MinValue)]
    [InlineData(7)]
    public void C42_Idle_time_that_makes_no_sense_is_the_default(long nanoseconds) =>
        Assert.Equal(TimeSpan.Zero, SessionCodec.ReadRequest(Written([10, 0, 0, 1], nanoseconds))!.CloseAfterIdle);

    [Fact]
    public void C40_Mapped_address_becomes_what_it_is() => Assert.Equal(
        IPAddress.Parse("10.0.0.1"),
        SessionCodec.ReadRequest(Written(IPAddress.Parse("::ffff:10.0.0.1").GetAddressBytes()))!.DestinationIp);

    [Fact]
    public async Task Client_does_not_send_what_crashes_the_reference()
    {
        await using var client = new SessionClient(new DuplexPair().Near);
        var request = new UdpSessionRequest(Guid.NewGuid(), IPAddress.Loopback, 1, TimeSpan.FromTicks(-1), "");
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => client.RegisterUdpSessionAsync(request, default).AsTask());
    }

    private static PointerReader Written(byte[] address, long idle = 0)
    {
        using var builder = new MessageBuilder();
        var fields = new RegisterUdpSessionParams.Builder(builder.Root.InitStruct(RegisterUdpSessionParams.Size))
        {
            CloseAfterIdleHint = idle,
        };
        fields.SetSessionId(new byte[16]);
        fields.SetDstIp(address);
        var message = new MessageReader();
        message.Open(builder.Frame.ToArray());
        return message.Root;
    }
}
