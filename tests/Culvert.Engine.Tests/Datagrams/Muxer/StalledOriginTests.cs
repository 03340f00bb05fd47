using Culvert.Engine.Datagrams.Muxer;
using Culvert.Engine.Datagrams.Native;

namespace Culvert.Engine.Tests.Datagrams.Muxer;

/// <summary>
/// C31 and C53: sockets that take nothing. On loopback none does that by itself, so the kernel's answer is scripted.
/// </summary>
[Trait("Category", "Functional")]
public sealed class StalledOriginTests
{
    [Fact]
    public void C31_AStalledFlowKeeps512_AndDelaysNoOther()
    {
        using var writer = new StallingWriter();
        using var lab = new MuxerLab(new DatagramMuxerOptions { InboundSlots = 64 }, writer);
        lab.Open(lab.First, 1);
        lab.Open(lab.First, 2);
        lab.First.Payload(1, "x"u8);
        lab.Round();
        lab.AtOrigin();
        writer.Stalled = writer.Last;
        for (var i = 0; i < 600; i++)
        {
            lab.First.Payload(1, [(byte)(i >> 8), (byte)i]);
            if (i % 200 == 0)
                lab.Round();
        }
        lab.Round();
        Assert.Equal(512, lab.First.Flows.Sizes.Parked);
        Assert.Equal(600 - 512, lab.Muxer.Counters(0).Dropped(DropReason.WriteFull));
        lab.First.Payload(2, "other"u8);
        lab.Round();
        Assert.Equal("other"u8.ToArray(), lab.AtOrigin().Payload);
        Assert.Equal(512, lab.First.Flows.Sizes.Parked);
        writer.Stalled = null;
        lab.First.Payload(1, [512 >> 8, 512 & 255]);
        lab.Until(() => lab.First.Flows.Sizes.Parked == 0);
        for (var next = 0; next < 512; next++)
        {
            var payload = lab.AtOrigin().Payload;
            Assert.Equal(next, (payload[0] << 8) | payload[1]);
        }
    }

    [Fact]
    public void C53_TheOldestIsDroppedAfter200Milliseconds()
    {
        using var writer = new StallingWriter();
        using var lab = new MuxerLab(writer: writer);
        lab.Open(lab.First, 1);
        lab.First.Payload(1, "x"u8);
        lab.Round();
        lab.AtOrigin();
        writer.Stalled = writer.Last;
        lab.First.Payload(1, "late"u8);
        lab.First.Payload(1, "kept"u8);
        lab.Round();
        Assert.Equal(2, lab.First.Flows.Sizes.Parked);
        lab.Advance(TimeSpan.FromMilliseconds(190));
        Assert.Equal(0, lab.Muxer.Counters(0).Dropped(DropReason.WriteDeadlineExceeded));
        lab.Advance(TimeSpan.FromMilliseconds(20));
        Assert.Equal(1, lab.Muxer.Counters(0).Dropped(DropReason.WriteDeadlineExceeded));
        writer.Stalled = null;
        lab.Until(() => lab.First.Flows.Sizes.Parked == 0);
        Assert.Equal("kept"u8.ToArray(), lab.AtOrigin().Payload);
        Assert.Equal(1, lab.Muxer.FlowCount);
    }

    [Fact]
    public void AFlowThatEndsTakesItsWaitingDatagramsAlong()
    {
        using var writer = new StallingWriter();
        using var lab = new MuxerLab(writer: writer);
        lab.Open(lab.First, 1);
        lab.First.Payload(1, "x"u8);
        lab.Round();
        lab.AtOrigin();
        writer.Stalled = writer.Last;
        for (var i = 0; i < 10; i++)
            lab.First.Payload(1, "late"u8);
        lab.Round();
        lab.First.Close();
        lab.Until(() => lab.Muxer.FlowCount == 0);
        Assert.Equal((1024, 0, 0), lab.First.Flows.Sizes);
    }

    private sealed class StallingWriter : OriginWriter
    {
        private const int Again = 11;

        /// <summary>The socket that takes nothing.</summary>
        public int? Stalled { get; set; }

        /// <summary>The socket of the last call.</summary>
        public int Last { get; private set; }

        protected override int Transmit(int fd, int messages)
        {
            Last = fd;
            return fd == Stalled ? -Again : base.Transmit(fd, messages);
        }
    }
}
