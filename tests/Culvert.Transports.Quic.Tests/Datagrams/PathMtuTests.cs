namespace Culvert.Transports.Quic.Tests.Datagrams;

[Trait("Category", "Functional")]
public sealed class PathMtuTests : FunctionalTest
{
    // A payload of 1280 bytes with its header.
    private const int LargestOfFlows = 1297;
    private const int MaxConnections = 10;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    [Fact]
    public async Task E14_DiscoveryMakesRoomForTheLargestDatagramOfAFlow_BothWays()
    {
        // It never starts again once a busy machine has answered its probes late: another connection tries anew.
        for (var connection = 0; connection < MaxConnections; connection++)
        {
            await using var pair = await QuicPair.CreateAsync(cancellationToken: Token);
            var started = TimeProvider.System.GetTimestamp();
            bool IsLarge() => Math.Min(pair.Client.MaxDatagramPayload, pair.Server.MaxDatagramPayload) >= LargestOfFlows;
            await UntilAsync(() => IsLarge() || TimeProvider.System.GetElapsedTime(started) > Patience);
            if (!IsLarge())
            {
                continue;
            }

            var payload = new byte[LargestOfFlows];
            Random.Shared.NextBytes(payload);
            Assert.True(pair.Client.TrySendDatagram(payload));
            Assert.True(pair.Server.TrySendDatagram(payload));
            var buffer = new byte[2048];
            Assert.Equal(LargestOfFlows, await pair.Server.ReceiveDatagramAsync(buffer, Token));
            Assert.Equal(payload, buffer[..LargestOfFlows]);
            Assert.Equal(LargestOfFlows, await pair.Client.ReceiveDatagramAsync(buffer, Token));
            return;
        }

        Assert.Fail($"no path of {MaxConnections} had room for {LargestOfFlows} bytes");
    }
}
