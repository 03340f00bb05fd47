namespace Culvert.Transports.Quic.Tests;

public sealed class UdpTrafficTests : FunctionalTest
{
    [Fact]
    public async Task AHandshakeIsCountedAndOutlivesItsSockets()
    {
        var before = UdpTraffic.Now();
        var pair = await QuicPair.CreateAsync(cancellationToken: Token);
        var during = UdpTraffic.Now();
        // Both ends are in this process, and a handshake takes each of them two flights.
        Assert.True(during.DatagramsSent - before.DatagramsSent >= 4, $"{before} {during}");
        Assert.True(during.DatagramsReceived - before.DatagramsReceived >= 3, $"{before} {during}");
        Assert.True(during.SendCalls > before.SendCalls && during.ReceiveCalls > before.ReceiveCalls, $"{before} {during}");
        await pair.DisposeAsync();
        var after = UdpTraffic.Now();
        Assert.True(
            after.DatagramsSent >= during.DatagramsSent && after.ReceiveCalls >= during.ReceiveCalls, $"{during} {after}");
    }
}
