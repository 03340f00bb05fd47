using System.Net;
using System.Net.Sockets;
using Culvert.Engine.Datagrams.Muxer;
using Culvert.Engine.Datagrams.V3;
using Culvert.Engine.Flows;
using Culvert.Transports.Quic;
using Culvert.Transports.Quic.Tests;
using Microsoft.Extensions.Logging.Abstractions;

namespace Culvert.Engine.Tests.Datagrams.Muxer;

/// <summary>The muxer with its own threads between a real QUIC connection and a real socket.</summary>
[Trait("Category", "Functional")]
public sealed class QuicFlowTests : IDisposable
{
    private readonly CancellationTokenSource _limit = new(TimeSpan.FromSeconds(120));
    private readonly FlowLimiter _limiter = new();
    private readonly DatagramMuxer _muxer;
    private readonly Socket _origin = new(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
    private readonly byte[] _buffer = new byte[2048];

    public QuicFlowTests()
    {
        _muxer = new DatagramMuxer(_limiter, new VirtualDns(), NullLogger.Instance);
        _origin.Bind(new IPEndPoint(IPAddress.Loopback, 0));
    }

    public void Dispose()
    {
        _origin.Dispose();
        _limit.Dispose();
    }

    [Fact]
    public async Task DatagramsPassBothWays_FromBeforeTheMuxerWasThere_UntilTheConnectionEnds()
    {
        if (!QuicRuntime.IsSupported(out _))
            return;
        await using var pair = await QuicPair.CreateAsync(cancellationToken: _limit.Token);
        Register(pair.Server, 1);
        await Task.Yield();
        _muxer.Attach(pair.Client, 0);
        Assert.Throws<InvalidOperationException>(() => _muxer.Attach(pair.Client, 0));
        Register(pair.Server, 2);
        await ResponsesAsync(pair.Server, 2);
        for (var i = 0; i < 50; i++)
        {
            var payload = new byte[i * 20];
            Random.Shared.NextBytes(payload);
            var id = (UInt128)(1 + (i % 2));
            Send(pair.Server, id, payload);
            EndPoint from = new IPEndPoint(IPAddress.Any, 0);
            var received = await _origin.ReceiveFromAsync(_buffer, SocketFlags.None, from, _limit.Token);
            Assert.Equal(payload, _buffer[..received.ReceivedBytes]);
            await _origin.SendToAsync(payload, SocketFlags.None, received.RemoteEndPoint, _limit.Token);
            Assert.Equal(payload, await ReplyAsync(pair.Server, id));
        }
        Assert.Equal(2, _muxer.FlowCount);
        await pair.Client.CloseAsync();
        while (_muxer.FlowCount > 0 || _limiter.Active > 0)
            await Task.Delay(1, _limit.Token);
        Assert.Equal(0, _muxer.Counters(0).Failed);
    }

    [Fact]
    public async Task AKilledConnectionsFlowsMove_AndTheNextDatagramPasses()
    {
        if (!QuicRuntime.IsSupported(out _))
            return;
        await using var first = await QuicPair.CreateAsync(cancellationToken: _limit.Token);
        await using var second = await QuicPair.CreateAsync(cancellationToken: _limit.Token);
        _muxer.Attach(first.Client, 0);
        _muxer.Attach(second.Client, 1);
        Register(first.Server, 7);
        await ResponsesAsync(first.Server, 1);
        Register(second.Server, 7);
        await ResponsesAsync(second.Server, 1);
        await first.Server.CloseAsync();
        Send(second.Server, 7, "on"u8.ToArray());
        EndPoint from = new IPEndPoint(IPAddress.Any, 0);
        var received = await _origin.ReceiveFromAsync(_buffer, SocketFlags.None, from, _limit.Token);
        await _origin.SendToAsync("and back"u8.ToArray(), SocketFlags.None, received.RemoteEndPoint, _limit.Token);
        Assert.Equal("and back"u8.ToArray(), await ReplyAsync(second.Server, 7));
    }

    [Fact]
    public async Task ThreePacketsOfTenLost_AndOthersSwapped_DoubleNothing()
    {
        if (!QuicRuntime.IsSupported(out _))
            return;
        const int datagrams = 300;
        await using var listener = await QuicListener.BindAsync(QuicPair.ServerOptions, _limit.Token);
        await using var relay = new UdpRelay(listener.LocalEndPoint);
        await using var client = await QuicClient.ConnectAsync(relay.EndPoint, QuicPair.ClientOptions, _limit.Token);
        await using var edge = await listener.AcceptAsync(_limit.Token);
        _muxer.Attach(client, 0);
        Register(edge, 7);
        await ResponsesAsync(edge, 1);
        var random = new Random(30);
        var gate = new Lock();
        byte[]? held = null;
        relay.Filter = (packet, isToServer) =>
        {
            lock (gate)
            {
                if (random.Next(10) < 3)
                    return null;
                if (isToServer || random.Next(4) > 0)
                    return packet;

                // The other one comes when this one's turn is over.
                (packet, held) = (held!, packet);
                return packet;
            }
        };
        for (ushort i = 0; i < datagrams; i++)
            Send(edge, 7, BitConverter.GetBytes(i));
        var seen = new HashSet<ushort>();
        for (var isOver = false; !isOver;)
        {
            Send(edge, 7, BitConverter.GetBytes(ushort.MaxValue));
            using var pause = new CancellationTokenSource(TimeSpan.FromMilliseconds(50));
            while (!isOver && !pause.IsCancellationRequested)
            {
                try
                {
                    var length = await _origin.ReceiveAsync(_buffer, SocketFlags.None, pause.Token);
                    var number = BitConverter.ToUInt16(_buffer.AsSpan(0, length));
                    isOver = number == ushort.MaxValue;
                    Assert.True(isOver || seen.Add(number), $"{number} came twice");
                }
                catch (OperationCanceledException)
                {
                    Assert.False(_limit.IsCancellationRequested, "nothing passes");
                }
            }
        }
        Assert.InRange(seen.Count, datagrams / 4, datagrams);
        Assert.Equal(1, _muxer.FlowCount);
    }

    private void Register(QuicConnection edge, UInt128 id)
    {
        var registration = new RegistrationDatagram(id, MuxerLab.Loopback, (ushort)((IPEndPoint)_origin.LocalEndPoint!).Port, 60);
        var bytes = new byte[registration.Length];
        registration.Write(bytes);
        Assert.True(edge.TrySendDatagram(bytes));
    }

    private static void Send(QuicConnection edge, UInt128 id, byte[] payload)
    {
        var bytes = new byte[PayloadDatagram.HeaderLength + payload.Length];
        PayloadDatagram.WriteHeader(bytes, id);
        payload.CopyTo(bytes.AsSpan(PayloadDatagram.HeaderLength));
        Assert.True(edge.TrySendDatagram(bytes));
    }

    private async Task ResponsesAsync(QuicConnection edge, int count)
    {
        for (; count > 0; count--)
        {
            var length = await edge.ReceiveDatagramAsync(_buffer, _limit.Token);
            var fault = RegistrationResponseDatagram.Read(_buffer.AsSpan(0, length), out var response);
            Assert.Equal(Engine.Datagrams.DatagramFault.None, fault);
            Assert.Equal(RegistrationOutcome.Ok, response.Outcome);
        }
    }

    private async Task<byte[]> ReplyAsync(QuicConnection edge, UInt128 id)
    {
        var length = await edge.ReceiveDatagramAsync(_buffer, _limit.Token);
        Assert.Equal(Engine.Datagrams.DatagramFault.None, PayloadDatagram.Read(_buffer.AsSpan(0, length), out var payload));
        Assert.Equal(id, payload.RequestId);
        return payload.Payload.ToArray();
    }
}
