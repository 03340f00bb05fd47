using Culvert.Engine.Datagrams;
using Culvert.Engine.Datagrams.V3;

namespace Culvert.Engine.Tests.Datagrams.V3;

[Trait("Category", "Unit")]
public sealed class DatagramLimitTests
{
    [Fact]
    public void C8_EveryShortRegistrationIsRefused()
    {
        for (var length = 1; length < 26; length++)
            Assert.Equal(DatagramFault.InvalidSize, RegistrationDatagram.Read(new byte[length], out _));
        for (var length = 2; length < 38; length++)
        {
            var bytes = new byte[length];
            bytes[1] = 1;
            Assert.Equal(DatagramFault.InvalidSize, RegistrationDatagram.Read(bytes, out _));
        }
        Assert.Equal(DatagramFault.None, RegistrationDatagram.Read(new byte[26], out _));
    }

    [Fact]
    public void C9_ReservedFlagsAndBytesWithoutTheBundleFlagAreIgnored()
    {
        var bytes = new byte[30];
        bytes[1] = 0xf8;
        bytes[22] = 10;
        Assert.Equal(DatagramFault.None, RegistrationDatagram.Read(bytes, out var read));
        Assert.Equal("10.0.0.0", read.ToAddress().ToString());
        Assert.True(read.Payload.IsEmpty);
        Assert.False(read.IsTraced);
    }

    [Theory]
    [InlineData(16, DatagramFault.InvalidSize)]
    [InlineData(17, DatagramFault.None)]
    [InlineData(1297, DatagramFault.None)]
    [InlineData(1298, DatagramFault.InvalidSize)]
    public void C10_PayloadSizes(int length, DatagramFault expected)
    {
        var bytes = new byte[length];
        bytes[0] = 1;
        Assert.Equal(expected, PayloadDatagram.Read(bytes, out _));
    }

    [Theory]
    [InlineData(1, DatagramFault.PacketMissing)]
    [InlineData(2, DatagramFault.None)]
    [InlineData(1281, DatagramFault.None)]
    [InlineData(1282, DatagramFault.PacketTooLarge)]
    public void C12_IcmpSizes(int length, DatagramFault expected)
    {
        var bytes = new byte[length];
        bytes[0] = 2;
        Assert.Equal(expected, IcmpDatagram.Read(bytes, out _));
    }

    [Fact]
    public void AResponseTakesExactlyItsText()
    {
        var bytes = new byte[40];
        Assert.Equal(25, new RegistrationResponseDatagram(RegistrationOutcome.ErrorWithMessage, 7, "12345"u8).Write(bytes));
        Assert.Equal(DatagramFault.None, RegistrationResponseDatagram.Read(bytes, out var read));
        Assert.Equal("12345"u8, read.Text);
        bytes[18] = 0xff;
        Assert.Equal(DatagramFault.TextTooLong, RegistrationResponseDatagram.Read(bytes, out _));
    }

    [Fact]
    public void WhatCannotBeWrittenThrows()
    {
        Assert.Throws<ArgumentException>(() => new RegistrationDatagram(1, new byte[5], 1, 1).Length);
        Assert.Throws<ArgumentException>(() => new RegistrationDatagram(1, new byte[4], 1, 1).Write(new byte[25]));
        Assert.Throws<ArgumentException>(() => IcmpDatagram.Write(new byte[2000], new byte[1281]));
        Assert.Throws<ArgumentException>(() => IcmpDatagram.Write(new byte[2000], []));
        Assert.Throws<ArgumentException>(
            () => new RegistrationResponseDatagram(RegistrationOutcome.Ok, 1, new byte[1261]).Write(new byte[2000]));
    }

    [Fact]
    public void NoBytesAreTooStrange_AndNoneAreAllocated()
    {
        var random = new Random(7);
        var bytes = new byte[1600];
        var copy = new byte[1600];
        var good = 0;
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 200_000; i++)
        {
            var length = random.Next(0, i % 10 == 0 ? 1600 : 64);
            random.NextBytes(bytes.AsSpan(0, length));
            if (length > 0)
                bytes[0] &= 3;
            var datagram = bytes.AsSpan(0, length);
            if (RegistrationDatagram.Read(datagram, out var registration) == DatagramFault.None)
                good += registration.Write(copy);
            if (PayloadDatagram.Read(datagram, out var payload) == DatagramFault.None)
                good += payload.Payload.Length;
            if (IcmpDatagram.Read(datagram, out var packet) == DatagramFault.None)
                good += IcmpDatagram.Write(copy, packet);
            if (RegistrationResponseDatagram.Read(datagram, out var response) == DatagramFault.None)
                good += response.Write(copy);
        }
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
        Assert.True(good > 0);
    }
}
