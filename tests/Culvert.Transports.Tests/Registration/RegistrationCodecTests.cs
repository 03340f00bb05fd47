using System.Net;
using Culvert.CapnProto.Messages;
using Culvert.CapnProto.Rpc;
using Culvert.Transports.Registration;
using Culvert.Transports.Schema;
using ConnectionDetails = Culvert.Transports.Registration.ConnectionDetails;
using TunnelAuth = Culvert.Transports.Registration.TunnelAuth;

namespace Culvert.Transports.Tests.Registration;

public class RegistrationCodecTests
{
    private static readonly RegistrationRequest Request = new(
        new TunnelAuth("", default), Guid.NewGuid(), 255, new ConnectorInfo(Guid.NewGuid(), [], "", ""), null, true, 255, 255);

    [Theory]
    [InlineData("198.51.100.7")]
    [InlineData("2001:db8::1")]
    [InlineData(null)]
    public void Request_with_any_address_and_empty_fields_round_trips(string? address)
    {
        var request = Request with { OriginLocalIp = address is null ? null : IPAddress.Parse(address) };
        RegistrationSamples.AssertEqual(request, RegistrationCodec.ReadRequest(Written(request, RegistrationCodec.WriteRequest)));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(15)]
    [InlineData(17)]
    public void Ids_of_another_length_are_named(int length)
    {
        var content = Written(length, static (content, length) =>
            new RegisterConnectionParams.Builder(content.InitStruct(RegisterConnectionParams.Size))
                .SetTunnelId(new byte[length]));
        var e = Assert.Throws<RpcException>(() => RegistrationCodec.ReadRequest(content));
        Assert.Equal($"invalid UUID (got {length} bytes)", e.Message);
        content = Written(length, static (content, length) =>
            new RegisterConnectionResults.Builder(content.InitStruct(RegisterConnectionResults.Size)).InitResult()
                .InitConnectionDetails().SetUuid(new byte[length]));
        e = Assert.Throws<RpcException>(() => RegistrationCodec.ReadResult(content));
        Assert.Equal($"invalid UUID (got {length} bytes)", e.Message);
    }

    [Fact]
    public void Id_is_in_network_order()
    {
        var request = Request with { TunnelId = Guid.Parse("f81d4fae-7dec-11d0-a765-00a0c91e6bf6") };
        var content = Written(request, RegistrationCodec.WriteRequest);
        Assert.Equal(
            "F81D4FAE7DEC11D0A76500A0C91E6BF6", Convert.ToHexString(new RegisterConnectionParams(content.AsStruct()).TunnelId));
    }

    [Fact]
    public void Results_of_neither_kind_are_named()
    {
        var content = Written(2, static (content, kind) =>
            content.InitStruct(RegisterConnectionResults.Size).GetPointer(0).InitStruct(ConnectionResponse.Size)
                .SetUInt16(0, (ushort)kind));
        Assert.Equal("unknown result which 2", Assert.Throws<RpcException>(() => RegistrationCodec.ReadResult(content)).Message);
    }

    [Fact]
    public void Missing_results_are_an_error_without_text() =>
        Assert.Equal(new RegistrationError("", TimeSpan.Zero, false), RegistrationCodec.ReadResult(default));

    [Theory]
    [InlineData(0)]
    [InlineData(70_000_000)]
    [InlineData(long.MaxValue)]
    [InlineData(long.MinValue)]
    public void Waiting_time_round_trips_or_saturates(long ticks)
    {
        var error = new RegistrationError("x", TimeSpan.FromTicks(ticks), true);
        var content = Written<RegistrationResult>(error, RegistrationCodec.WriteResult);
        var read = (RegistrationError)RegistrationCodec.ReadResult(content);
        Assert.Equal(Math.Clamp(ticks, long.MinValue / 100, long.MaxValue / 100), read.RetryAfter.Ticks);
    }

    [Fact]
    public void Features_are_limited()
    {
        foreach (var count in (int[])[1024, 1025])
        {
            var request = Request with { Connector = Request.Connector with { Features = [.. Enumerable.Repeat("f", count)] } };
            var content = Written(request, RegistrationCodec.WriteRequest);
            if (count == 1024)
            {
                Assert.Equal(count, RegistrationCodec.ReadRequest(content).Connector.Features.Count);
            }
            else
            {
                Assert.Throws<RpcException>(() => RegistrationCodec.ReadRequest(content));
            }
        }
    }

    [Fact]
    public void Results_are_compared_by_value() => Assert.Equal(
        new ConnectionDetails(Request.TunnelId, "L", true),
        RegistrationCodec.ReadResult(
            Written<RegistrationResult>(new ConnectionDetails(Request.TunnelId, "L", true), RegistrationCodec.WriteResult)));

    private static PointerReader Written<T>(T value, Action<PointerBuilder, T> write)
    {
        using var builder = new MessageBuilder();
        write(builder.Root, value);
        var message = new MessageReader();
        message.Open(builder.Frame.ToArray());
        return message.Root;
    }
}
