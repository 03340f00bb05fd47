using Culvert.Engine.Datagrams.V2;
using Culvert.Transports.Tests.Vectors;

namespace Culvert.Engine.Tests.Datagrams.V2;

/// <summary>C35 and C43.</summary>
[Trait("Category", "Unit")]
public sealed class SuffixedDatagramTests
{
    private const string File = "datagram-v2.json";

    public static TheoryData<string> Good => VectorFile.Names(File, v => !v.TryGetProperty("error", out _));

    [Theory]
    [MemberData(nameof(Good))]
    public void C35_EveryVectorIsReadAndWrittenBack(string name)
    {
        var vector = VectorFile.Find(File, name);
        var bytes = vector.Hex("hex");
        var decoded = vector.GetProperty("decoded");
        Assert.Equal(SuffixFault.None, SuffixedDatagram.Read(bytes, out var read));
        Assert.Equal(decoded.GetProperty("type").GetInt32(), (int)read.Type);
        if (decoded.TryGetProperty("payloadHex", out _))
            Assert.Equal(decoded.Hex("payloadHex"), read.Content.ToArray());
        if (decoded.TryGetProperty("spansHex", out _))
            Assert.Equal(decoded.Hex("spansHex"), read.Content.ToArray());
        if (decoded.TryGetProperty("sessionId", out _))
            Assert.Equal(decoded.Text("sessionId"), read.SessionId.ToString());
        if (decoded.TryGetProperty("tracingIdentityHex", out _))
            Assert.Equal(decoded.Hex("tracingIdentityHex"), read.Metadata.ToArray());
        var written = new byte[1400];
        read.Content.CopyTo(written);
        var length = read.Type == SuffixType.Udp
            ? SuffixedDatagram.AppendSession(written, read.Content.Length, read.SessionId)
            : SuffixedDatagram.Append(written, read.Content.Length, read.Type, read.Metadata);
        Assert.Equal(bytes, written[..length]);
    }

    [Theory]
    [InlineData("", SuffixFault.Empty)]
    [InlineData("000102030405060708090a0b0c0d0e00", SuffixFault.SessionIdCut)]
    [InlineData("02", SuffixFault.TraceIdentityCut)]
    [InlineData("03", SuffixFault.TraceIdentityCut)]
    [InlineData("04", SuffixFault.UnknownType)]
    [InlineData("ff", SuffixFault.UnknownType)]
    [InlineData("01", SuffixFault.None)]
    public void TheShortestOfEveryType(string hex, SuffixFault expected) =>
        Assert.Equal(expected, SuffixedDatagram.Read(Convert.FromHexString(hex), out _));

    [Fact]
    public void AnythingReadsWithoutAllocating()
    {
        var random = new Random(3);
        var bytes = new byte[1400];
        var good = 0;
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 100_000; i++)
        {
            var datagram = bytes.AsSpan(0, random.Next(0, 80));
            random.NextBytes(datagram);
            if (SuffixedDatagram.Read(datagram, out var read) == SuffixFault.None)
                good += read.Content.Length + 1;
        }
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
        Assert.True(good > 0);
    }

    [Fact]
    public void WhatIsTooLongIsNotWritten()
    {
        var buffer = new byte[1400];
        Assert.Equal(1350, SuffixedDatagram.AppendSession(buffer, 1333, Guid.NewGuid()));
        Assert.Throws<ArgumentException>(() => SuffixedDatagram.AppendSession(buffer, 1334, Guid.NewGuid()));
        Assert.Throws<ArgumentException>(() => SuffixedDatagram.AppendSession(new byte[20], 10, Guid.NewGuid()));
        Assert.Throws<ArgumentException>(() => SuffixedDatagram.Append(buffer, 1, SuffixType.Spans, new byte[24]));
    }
}
