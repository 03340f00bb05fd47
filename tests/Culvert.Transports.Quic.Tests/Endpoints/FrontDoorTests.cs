using System.Net;
using System.Net.Sockets;

namespace Culvert.Transports.Quic.Tests.Endpoints;

/// <summary>What a server does with packets of no known connection, and its limits.</summary>
[Trait("Category", "Functional")]
public sealed class FrontDoorTests : FunctionalTest
{
    [Fact]
    public async Task UnderLoadClientsProveTheirAddress_AndGetIn()
    {
        await using var pair = await QuicPair.CreateAsync(server => server with { RetryThreshold = 0 }, cancellationToken: Token);
        Assert.True(pair.Listener.Loops[0].FrontDoor!.Retries > 0);
        var (near, far) = await OpenAsync(pair.Client, pair.Server);
        await near.DisposeAsync();
        await far.DisposeAsync();
    }

    [Fact]
    public async Task ARetryTokenOfAnotherAddressIsRefused()
    {
        await using var listener = await QuicListener.BindAsync(QuicPair.ServerOptions with { RetryThreshold = 0 }, Token);
        await using var relay = new UdpRelay(listener.LocalEndPoint);
        var packets = 0;
        relay.Filter = (packet, toServer) =>
        {
            // The second Initial carries the token, from what looks like another client.
            if (toServer && Interlocked.Increment(ref packets) == 2)
                relay.Rebind();
            return packet;
        };
        var error = await Assert.ThrowsAsync<QuicConnectionException>(async () =>
            await QuicClient.ConnectAsync(relay.EndPoint, QuicPair.ClientOptions, Token));
        Assert.Equal(new QuicCloseReason(QuicCloseKind.Transport, true, QuicCloseReason.InvalidToken, ""), error.Reason);
    }

    [Fact]
    public async Task AnUnknownVersionGetsTheListOfKnownOnes()
    {
        await using var listener = await QuicListener.BindAsync(QuicPair.ServerOptions, Token);
        var packet = new byte[1200];
        new byte[] { 0xc0, 0xfa, 0xce, 0xb0, 0x0c, 8, 1, 2, 3, 4, 5, 6, 7, 8, 0 }.CopyTo(packet, 0);
        var answer = await AskAsync(listener, packet);
        Assert.Equal(0, BitConverter.ToInt32(answer, 1));
        Assert.Contains("00000001", Convert.ToHexString(answer), StringComparison.Ordinal);
        Assert.True(answer.Length <= packet.Length);
    }

    [Fact]
    public async Task APacketOfAForgottenConnectionGetsASmallerReset()
    {
        await using var listener = await QuicListener.BindAsync(QuicPair.ServerOptions, Token);
        var packet = new byte[60];
        packet[0] = 0x40;
        var answer = await AskAsync(listener, packet);
        Assert.InRange(answer.Length, 21, packet.Length - 1);
        Assert.Equal(0x40, answer[0] & 0xc0);
    }

    [Fact]
    public async Task AServerThatForgotEverythingResetsItsClients()
    {
        var listener = await QuicListener.BindAsync(QuicPair.ServerOptions, Token);
        await using var relay = new UdpRelay(listener.LocalEndPoint);
        await using var client = await QuicClient.ConnectAsync(relay.EndPoint, QuicPair.ClientOptions, Token);
        var server = await listener.AcceptAsync(Token);
        await OpenAsync(client, server);
        // The close is lost, so the client goes on; the connection's ids are forgotten when the closing period is over.
        relay.Filter = (packet, toServer) => toServer ? packet : null;
        await server.CloseAsync(1);
        await UntilAsync(() => listener.Loops[0].Ids.Count == 0);
        relay.Filter = (packet, _) => packet;
        Assert.Equal(QuicCloseKind.StatelessReset, (await client.Closed.WaitAsync(Token)).Kind);
        await listener.DisposeAsync();
    }

    [Fact]
    public async Task AServerThatIsBackWithItsKeyResetsTheClientsOfItsEarlierLife()
    {
        var patient = new QuicTransportOptions { IdleTimeout = TimeSpan.FromSeconds(60) };
        var options = QuicPair.ServerOptions with { ResetKey = new byte[32], Transport = patient };
        await using var before = await QuicListener.BindAsync(options, Token);
        await using var relay = new UdpRelay(before.LocalEndPoint);
        await using var client = await QuicClient.ConnectAsync(
            relay.EndPoint, QuicPair.ClientOptions with { Transport = patient }, Token);
        await OpenAsync(client, await before.AcceptAsync(Token));
        // Who is killed says no goodbye: to the client, the second is the first after a restart.
        await using var back = await QuicListener.BindAsync(options, Token);
        relay.Redirect(back.LocalEndPoint);
        Assert.Equal(QuicCloseKind.StatelessReset, (await client.Closed.WaitAsync(Token)).Kind);
    }

    [Fact]
    public async Task PastTheConnectionLimitClientsAreRefused()
    {
        await using var pair = await QuicPair.CreateAsync(server => server with { MaxConnections = 1 }, cancellationToken: Token);
        var error = await Assert.ThrowsAsync<QuicConnectionException>(async () =>
            await QuicClient.ConnectAsync(pair.Listener.LocalEndPoint, QuicPair.ClientOptions, Token));
        Assert.Equal(QuicCloseReason.ConnectionRefused, error.Reason.ErrorCode);
        Assert.True(error.Reason.IsRemote);
    }

    [Fact]
    public async Task PastTheBacklogClientsAreRefused()
    {
        await using var listener = await QuicListener.BindAsync(QuicPair.ServerOptions with { AcceptBacklog = 1 }, Token);
        await using var first = await QuicClient.ConnectAsync(listener.LocalEndPoint, QuicPair.ClientOptions, Token);
        await UntilAsync(() => listener.Loops[0].FrontDoor!.Handshakes == 0);
        await using var second = await QuicClient.ConnectAsync(listener.LocalEndPoint, QuicPair.ClientOptions, Token);
        var reason = await second.Closed.WaitAsync(Token);
        Assert.Equal(QuicCloseReason.ConnectionRefused, reason.ErrorCode);
    }

    [Fact]
    public async Task OnePeerCannotTakeAllHandshakes()
    {
        await using var listener = await QuicListener.BindAsync(QuicPair.ServerOptions with { MaxHandshakesPerPeer = 3 }, Token);
        var firstPackets = new List<byte[]>();
        for (var i = 0; i < 5; i++)
            firstPackets.Add(await CaptureFirstPacketAsync());
        var door = listener.Loops[0].FrontDoor!;
        using var socket = Open(listener);
        foreach (var packet in firstPackets)
            await socket.SendAsync(packet, Token);
        await UntilAsync(() => door.Refused == 2);
        Assert.Equal(3, door.Handshakes);
    }

    [Fact]
    public async Task AnUnprovenAddressGetsAtMostThreeTimesItsBytes()
    {
        await using var listener = await QuicListener.BindAsync(QuicPair.ServerOptions, Token);
        var packet = await CaptureFirstPacketAsync();
        using var socket = Open(listener);
        await socket.SendAsync(packet, Token);
        var received = 0;
        using var quiet = new CancellationTokenSource(TimeSpan.FromSeconds(2));
        try
        {
            while (true)
                received += await socket.ReceiveAsync(new byte[2048], quiet.Token);
        }
        catch (OperationCanceledException)
        {
            Assert.InRange(received, 1200, packet.Length * 3);
        }
    }

    private static Socket Open(QuicListener listener)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        socket.Connect(listener.LocalEndPoint);
        return socket;
    }

    private async Task<byte[]> AskAsync(QuicListener listener, byte[] packet)
    {
        using var socket = Open(listener);
        await socket.SendAsync(packet, Token);
        var buffer = new byte[2048];
        return buffer[..await socket.ReceiveAsync(buffer, Token)];
    }

    private async Task<byte[]> CaptureFirstPacketAsync()
    {
        using var silent = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        silent.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        using var giveUp = new CancellationTokenSource();
        var connecting = QuicClient.ConnectAsync((IPEndPoint)silent.LocalEndPoint!, QuicPair.ClientOptions,
            giveUp.Token).AsTask();
        var buffer = new byte[2048];
        var length = await silent.ReceiveAsync(buffer, Token);
        await giveUp.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => connecting);
        return buffer[..length];
    }
}
