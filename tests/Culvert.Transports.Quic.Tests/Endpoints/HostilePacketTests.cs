using System.Diagnostics;
using System.Net.Sockets;

namespace Culvert.Transports.Quic.Tests.Endpoints;

/// <summary>Bytes from strangers: nothing they send ends the process, stops the service or keeps memory.</summary>
[Trait("Category", "Functional")]
public sealed class HostilePacketTests : FunctionalTest
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task AServerShrugsOffGarbage_AndServes(int seed)
    {
        await using var pair = await QuicPair.CreateAsync(cancellationToken: Token);
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        socket.Connect(pair.Listener.LocalEndPoint);
        var random = new Random(seed);
        for (var i = 0; i < 50_000; i++)
            await socket.SendAsync(Garbage(random), Token);
        await AssertServesAsync(pair.Client, pair.Server);
    }

    [Fact]
    public async Task AClientShrugsOffGarbage()
    {
        await using var listener = await QuicListener.BindAsync(QuicPair.ServerOptions, Token);
        await using var relay = new UdpRelay(listener.LocalEndPoint);
        var random = new Random(3);
        var inject = 0;
        // The garbage comes from the server's own address: it replaces packets on their way.
        relay.Filter = (packet, toServer) =>
        {
            lock (random)
                return Interlocked.Increment(ref inject) % 5 == 0 ? Garbage(random) : packet;
        };
        await using var client = await QuicClient.ConnectAsync(relay.EndPoint, QuicPair.ClientOptions, Token);
        await AssertServesAsync(client, await listener.AcceptAsync(Token));
    }

    [Fact]
    public async Task ForgedFirstPackets_AreBoundedInNumberAndMemory()
    {
        await using var pair = await QuicPair.CreateAsync(cancellationToken: Token);
        var door = pair.Listener.Loops[0].FrontDoor!;
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        socket.Connect(pair.Listener.LocalEndPoint);
        var random = new Random(4);
        for (var i = 0; i < 20_000; i++)
            await socket.SendAsync(ForgedInitial(random), Token);
        using var process = Process.GetCurrentProcess();
        var before = process.WorkingSet64;
        for (var i = 0; i < 200_000; i++)
            await socket.SendAsync(ForgedInitial(random), Token);
        process.Refresh();
        Assert.InRange(process.WorkingSet64 - before, long.MinValue, 32L * 1024 * 1024);
        Assert.True(door.Retries > 0, "no Retry was sent");
        Assert.InRange(door.Handshakes, 0, 64);
        await AssertServesAsync(pair.Client, pair.Server);
        await using var another = await QuicClient.ConnectAsync(pair.Listener.LocalEndPoint, QuicPair.ClientOptions, Token);
        await AssertServesAsync(another, await pair.Listener.AcceptAsync(Token));
    }

    internal static byte[] ForgedInitial(Random random)
    {
        var packet = new byte[1200];
        random.NextBytes(packet);
        new byte[] { 0xc0, 0, 0, 0, 1, 8 }.CopyTo(packet, 0);
        packet[14] = 8;
        packet[23] = 0;
        // Length of the rest, as a two-byte varint.
        packet[24] = 0x44;
        packet[25] = 0x96;
        return packet;
    }

    private static byte[] Garbage(Random random)
    {
        if (random.Next(4) == 0)
            return ForgedInitial(random);
        var packet = new byte[random.Next(1, 1500)];
        random.NextBytes(packet);
        // Half of it with version 1, so that parsing gets past the first bytes.
        if (packet.Length > 5 && random.Next(2) == 0)
            new byte[] { (byte)(0xc0 | packet[0]), 0, 0, 0, 1 }.CopyTo(packet, 0);
        return packet;
    }

    private async Task AssertServesAsync(QuicConnection client, QuicConnection server)
    {
        var (near, far) = await OpenAsync(client, server);
        await far.Output.WriteAsync(new byte[100_000], Token);
        await far.DisposeAsync();
        Assert.Equal(100_000, (await ReadAllAsync(near.Input)).Length);
        await near.DisposeAsync();
    }
}
