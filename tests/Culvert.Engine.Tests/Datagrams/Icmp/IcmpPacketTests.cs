using Culvert.Engine.Datagrams.Icmp;
using Culvert.Transports.Tests.Vectors;

namespace Culvert.Engine.Tests.Datagrams.Icmp;

[Trait("Category", "Unit")]
public sealed class IcmpPacketTests
{
    private const string Request4 = "450000200000000040010c76646000070a000001080006fa1234000170696e67";
    private const string Request6 =
        "60000000000c3a40fd000001000000000000000000000007fd000000000000000000000000000001800094a81234000170696e67";
    private const string File = "icmp-packets.json";

    public static TheoryData<string> Echoes =>
        VectorFile.Names(File, v => v.Text("name").StartsWith("echo", StringComparison.Ordinal));

    [Theory]
    [MemberData(nameof(Echoes))]
    public void C44_EveryEchoVectorIsRead_AndWrittenWithItsChecksums(string name)
    {
        var vector = VectorFile.Find(File, name);
        var bytes = vector.Hex("hex");
        var decoded = vector.GetProperty("decoded");
        Assert.Null(IcmpPacket.Read(bytes, out var packet));
        Assert.Equal(decoded.GetProperty("ttl").GetInt32(), packet.TimeToLive);
        Assert.Equal(decoded.GetProperty("icmpType").GetInt32(), packet.Type);
        Assert.Equal(decoded.GetProperty("echoId").GetInt32(), packet.EchoId);
        Assert.Equal(decoded.GetProperty("echoSeq").GetInt32(), packet.EchoSequence);
        Assert.Equal(decoded.Text("src"), new System.Net.IPAddress(packet.Source).ToString());
        Assert.Equal(decoded.Text("dst"), new System.Net.IPAddress(packet.Destination).ToString());
        if (packet.TimeToLive != 255)
            return;

        // What the connector makes has this life time: the same bytes come out.
        var written = new byte[bytes.Length];
        packet.Message.CopyTo(written.AsSpan(IcmpWriter.HeaderLength(packet.IsV6)));
        IcmpWriter.Finish(written, packet.Source, packet.Destination);
        Assert.Equal(bytes, written);
    }

    [Theory]
    [InlineData("", "packet length is 0")]
    [InlineData("10", "unknown ip version 1")]
    [InlineData("4500", "Invalid ip4 header. Length 2 less than 20")]
    [InlineData("6000", "Invalid ip6 header. Length 2 less than 40")]
    [InlineData("@0:44", "Invalid ip4 header.")]
    [InlineData("@0:4f", "Invalid ip4 header.")]
    [InlineData("@2:0013", "Invalid ip4 header.")]
    [InlineData("@6:2000", "Expect to decode IP and ICMP layers, got [IPv4]")]
    [InlineData("@6:0001", "Expect to decode IP and ICMP layers, got [IPv4]")]
    [InlineData("@9:11", "Expect to decode IP and ICMP layers, got [IPv4]")]
    [InlineData("@2:001b", "ICMP layer less then 8 bytes for ICMPv4 packet")]
    [InlineData("6@4:0000", "Invalid ip6 header. Payload length is 0")]
    [InlineData("6@6:2c", "Expect to decode IP and ICMP layers, got [IPv6]")]
    [InlineData("6@6:11", "Expect to decode IP and ICMP layers, got [IPv6]")]
    [InlineData("6@4:0003", "message too short")]
    [InlineData("6@4:0007", "message too short")]
    public void C47_WhatIsNoIcmpIsRefused(string change, string error)
    {
        Assert.StartsWith(error, IcmpPacket.Read(Changed(change), out _), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("@10:0000")]
    [InlineData("@22:0000")]
    [InlineData("@2:0000")]
    [InlineData("@2:0400")]
    [InlineData("@6:4000")]
    [InlineData("6@42:0000")]
    public void C47_ChecksumsAndTooLargeLengthsAreNotLookedAt(string change) =>
        Assert.Null(IcmpPacket.Read(Changed(change), out _));

    [Fact]
    public void OptionsAndHopByHopHeadersAreSkipped_WhenTheyAreWellFormed()
    {
        var message = Request4[40..];
        Assert.Null(IcmpPacket.Read(Hex($"47000028{Request4[8..40]}0101020400000000{message}"), out var packet));
        Assert.Equal(8, packet.Type);
        Assert.NotNull(IcmpPacket.Read(Hex($"47000028{Request4[8..40]}0101020900000000{message}"), out _));
        Assert.NotNull(IcmpPacket.Read(Hex($"47000028{Request4[8..40]}0200000000000000{message}"), out _));
        Assert.Null(IcmpPacket.Read(Hex($"6000000000140040{Request6[16..80]}3a00010400000000{Request6[80..]}"), out packet));
        Assert.Equal(128, packet.Type);
    }

    [Fact]
    public void NoBytesAreTooStrange()
    {
        var random = new Random(3);
        var bytes = new byte[120];
        var read = 0;
        for (var i = 0; i < 200_000; i++)
        {
            var length = random.Next(bytes.Length);
            random.NextBytes(bytes.AsSpan(0, length));
            if (length > 9)
            {
                (bytes[0], bytes[6], bytes[9]) = i % 2 == 0
                    ? ((byte)0x45, (byte)0, (byte)1) : ((byte)0x60, (byte)(i % 3 == 0 ? 0 : 58), (byte)0);
            }
            if (IcmpPacket.Read(bytes.AsSpan(0, length), out var packet) is null)
                read += packet.Message.Length > 0 && packet.Packet.Length <= length ? 1 : throw new InvalidOperationException();
        }
        Assert.True(read > 100);
    }

    [Theory]
    [InlineData(
        "450000200000000001014b76646000070a000001080006fa1234000170696e67", "c0000202",
        "4500003c00000000ff019557c0000202646000070b00f4ff00000000")]
    [InlineData(
        "60000000000c3a01fd000001000000000000000000000007fd000000000000000000000000000001800094a81234000170696e67",
        "fd000000000000000000000000000002",
        "60000000003c3afffd000000000000000000000000000002fd000001000000000000000000000007030068b600000000")]
    public void C45_H05_TimeExceededIsWrittenByteForByte_AndEndsWithTheRequest(string request, string source, string expected)
    {
        Assert.Null(IcmpPacket.Read(Hex(request), out var packet));
        var written = new byte[1280];
        var length = IcmpWriter.WriteTimeExceeded(written, Hex(source), packet);
        Assert.Equal(expected + request, Convert.ToHexStringLower(written.AsSpan(0, length)));
    }

    [Theory]
    [InlineData(Request4, 20, 548)]
    [InlineData(Request6, 40, 1232)]
    public void C46_TimeExceededQuotesNoMoreThanFits(string request, int header, int quoted)
    {
        var bytes = new byte[1400];
        Hex(request).CopyTo(bytes, 0);
        var (at, said) = header == 20 ? (2, bytes.Length) : (4, bytes.Length - header);
        (bytes[at], bytes[at + 1]) = ((byte)(said >> 8), (byte)said);
        Assert.Null(IcmpPacket.Read(bytes, out var packet));
        var written = new byte[1280];
        var length = IcmpWriter.WriteTimeExceeded(written, packet.Destination, packet);
        Assert.Equal(header + 8 + quoted, length);
        Assert.Equal(bytes[..quoted], written[(header + 8)..length]);
    }

    private static byte[] Changed(string change)
    {
        var at = change.IndexOf('@', StringComparison.Ordinal);
        if (at < 0)
            return Hex(change);
        var bytes = Hex(at == 0 ? Request4 : Request6);
        var parts = change[(at + 1)..].Split(':');
        Hex(parts[1]).CopyTo(bytes, int.Parse(parts[0], System.Globalization.CultureInfo.InvariantCulture));
        return bytes;
    }

    private static byte[] Hex(string text) => Convert.FromHexString(text.Replace(" ", "", StringComparison.Ordinal));

    // Checked by hand: 10.0.0.1 tells 100.96.0.7 that 5 bytes from its port 40000 came to a closed port 53.
    [Theory]
    [InlineData(
        "10.0.0.1", "100.96.0.7",
        "4500003800000000ff01XXXX0a000001646000070303XXXX00000000"
        + "45000021000000004011XXXX646000070a0000019c400035000d0000")]
    [InlineData(
        "fd00::1", "fd00:1::7",
        "6000000000383afffd000000000000000000000000000001fd0000010000000000000000000000070104XXXX00000000"
        + "60000000000d1140fd000001000000000000000000000007fd0000000000000000000000000000019c400035000d0000")]
    public void AClosedPortIsToldByteForByte_WithValidChecksums(string server, string client, string expected)
    {
        var packet = new byte[IcmpWriter.MaxUnreachable];
        var from = System.Net.IPAddress.Parse(server).GetAddressBytes();
        var to = System.Net.IPAddress.Parse(client).GetAddressBytes();
        packet = packet[..IcmpWriter.WritePortUnreachable(packet, from, 53, to, 40000, 5)];
        var hex = Convert.ToHexStringLower(packet);
        Assert.Matches("^" + expected.Replace("XXXX", "[0-9a-f]{4}", StringComparison.Ordinal) + "$", hex);

        // What is summed with its checksum comes to all ones.
        if (from.Length == 4)
        {
            Assert.Equal(0xffff, Sum(packet.AsSpan(0, 20)));
            Assert.Equal(0xffff, Sum(packet.AsSpan(20)));
            Assert.Equal(0xffff, Sum(packet.AsSpan(28, 20)));
        }
        else
        {
            Assert.Equal(0xffff, Sum([.. packet.AsSpan(8), 0, 0, 0, 58, 0, (byte)(packet.Length - 40)]));
        }
    }

    private static int Sum(ReadOnlySpan<byte> bytes)
    {
        var sum = 0;
        for (var i = 0; i < bytes.Length; i += 2)
            sum += (bytes[i] << 8) | bytes[i + 1];
        while (sum > 0xffff)
            sum = (sum & 0xffff) + (sum >> 16);
        return sum;
    }
}
