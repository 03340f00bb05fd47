using System.Net;
using Culvert.Transports.Quic.Loop;
using Culvert.Transports.Quic.Native;

namespace Culvert.Transports.Quic.Tests.Loops;

[Trait("Category", "Unit")]
public sealed unsafe class PacketWriterTests : IDisposable
{
    private readonly FakeSocket _socket = new();
    private readonly PacketWriter _writer;
    private byte _next;

    public PacketWriterTests() => _writer = new PacketWriter(_socket);

    public void Dispose()
    {
        _writer.Dispose();
        _socket.Dispose();
    }

    [Fact]
    public void EqualPacketsMakeOneRun_AndAShorterOneEndsIt()
    {
        Write(1200, 1200, 1200, 500, 1200);
        _writer.Flush();
        Assert.Equal(["1200x4=4100", "1200x1=1200"], _socket.Runs);
    }

    [Fact]
    public void ALongerPacketStartsAnother()
    {
        Write(1200, 1200, 1452, 1452);
        _writer.Flush();
        Assert.Equal(["1200x2=2400", "1452x2=2904"], _socket.Runs);
        Assert.Equal([1, 2, 3, 4], _socket.FirstBytes);
    }

    [Fact]
    public void AnotherPeerOrMarkStartsAnother()
    {
        Write(100);
        WriteAs(0, 2, 100);
        WriteAs(1, 2, 100);
        _writer.Flush();
        Assert.Equal(["100x1=100", "100x1=100", "100x1=100"], _socket.Runs);
        Assert.Equal([1, 2, 3], _socket.FirstBytes);
    }

    [Fact]
    public void TheKernelsLimitsEndARun()
    {
        Write([.. Enumerable.Repeat(100, 70)]);
        _writer.Flush();
        Write([.. Enumerable.Repeat(1452, 50)]);
        _writer.Flush();
        Assert.Equal(["100x64=6400", "100x6=600", "1452x45=65340", "1452x5=7260"], _socket.Runs);
        Assert.Equal(Enumerable.Range(1, 120).Select(i => (byte)i), _socket.FirstBytes);
    }

    [Fact]
    public void WhatTheKernelRefusesIsHeld_AndSentInOrderLater()
    {
        _socket.Blocked = true;
        Write(1000, 1000);
        WriteAs(0, 0, 1400);
        _writer.Flush();
        Assert.True(_writer.IsBlocked);
        Assert.Empty(_socket.Runs);
        _writer.Resume();
        Assert.True(_writer.IsBlocked);
        _socket.Blocked = false;
        _writer.Resume();
        Assert.False(_writer.IsBlocked);
        Assert.Equal(["1000x2=2000", "1400x1=1400"], _socket.Runs);
        Assert.Equal([1, 2, 3], _socket.FirstBytes);
    }

    private void Write(params int[] lengths) => WriteAs(0, 0, lengths);

    private void WriteAs(byte ecn, int peer, params int[] lengths)
    {
        var remote = UdpAddress.From(new IPEndPoint(IPAddress.Loopback, 1000 + peer));
        var path = new ngtcp2_path
        {
            local = new ngtcp2_addr { addr = remote.Bytes, addrlen = remote.Length },
            remote = new ngtcp2_addr { addr = remote.Bytes, addrlen = remote.Length },
        };
        foreach (var length in lengths)
        {
            *_writer.Reserve(length) = ++_next;
            _writer.Commit(length, &path, ecn);
        }
    }

    private sealed class FakeSocket : UdpSocket
    {
        public List<string> Runs { get; } = [];

        public List<byte> FirstBytes { get; } = [];

        public bool Blocked { get; set; }

        public override int Receive() => 0;

        public override SendOutcome Send(ref PacketRun run)
        {
            if (Blocked)
                return SendOutcome.Blocked;
            for (var at = 0; at < run.Length; at += run.SegmentSize)
                FirstBytes.Add(run.Data[at]);
            Runs.Add($"{run.SegmentSize}x{(run.Length + run.SegmentSize - 1) / run.SegmentSize}={run.Length}");
            return SendOutcome.Sent;
        }

        public override bool Wait(ulong timeout, bool forWriting) => false;

        public override void Wake()
        {
        }

        protected override void Dispose(bool disposing)
        {
        }
    }
}
