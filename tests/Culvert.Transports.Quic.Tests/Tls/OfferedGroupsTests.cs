using System.Net;
using System.Net.Sockets;

namespace Culvert.Transports.Quic.Tests.Tls;

/// <summary>Which groups of key exchange a client offers, in which order (ingress-and-config, sections 7.4 and 11.17).</summary>
[Trait("Category", "Functional")]
public sealed class OfferedGroupsTests : FunctionalTest
{
    private const int Hybrid = 0x11ec;

    // X25519, P-256, P-384. The hybrid is offered where the TLS library has it; drafts of it never are.
    private static readonly int[] Classical = [29, 23, 24];

    [Fact]
    public async Task Z04_Z05_TheHybridComesFirst_AndClassicalGroupsFollow()
    {
        var preferred = await OfferedAsync(QuicKeyExchange.PreferPostQuantum);
        var classical = await OfferedAsync(QuicKeyExchange.Classical);
        Assert.Equal(QuicRuntime.HasPostQuantum ? [Hybrid, .. Classical] : Classical, preferred);
        Assert.Equal(Classical, classical);
    }

    [Fact]
    public async Task Z04_StrictlyTheHybridIsOffered_OrNothing()
    {
        if (QuicRuntime.HasPostQuantum)
            Assert.Equal(Hybrid, Assert.Single(await OfferedAsync(QuicKeyExchange.RequirePostQuantum)));
        else
            await Assert.ThrowsAsync<QuicUnavailableException>(() => OfferedAsync(QuicKeyExchange.RequirePostQuantum));
    }

    private async Task<int[]> OfferedAsync(QuicKeyExchange exchange)
    {
        using var server = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        server.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        using var giveUp = CancellationTokenSource.CreateLinkedTokenSource(Token);
        var connecting = QuicClient.ConnectAsync(
            (IPEndPoint)server.LocalEndPoint!, QuicPair.ClientOptions with { KeyExchange = exchange }, giveUp.Token).AsTask();
        var hello = new ClientHello();
        var buffer = new byte[2048];
        while (hello.Groups is null)
        {
            var receiving = server.ReceiveAsync(buffer, Token).AsTask();
            if (await Task.WhenAny(receiving, connecting) == connecting)
                await connecting;
            hello.Add(buffer[..await receiving]);
        }
        int[] groups = hello.Groups;
        await giveUp.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => connecting);
        return groups;
    }
}
