using Culvert.Transports.Quic.Loop;

namespace Culvert.Transports.Quic.Tests.Loops;

[Trait("Category", "Unit")]
public sealed unsafe class ConnectionIdTableTests
{
    [Fact]
    public void IdsNameTheirLoop()
    {
        for (var index = 0; index < 5; index++)
        {
            var table = new ConnectionIdTable(index, 5);
            for (var i = 0; i < 100; i++)
            {
                var id = table.NewId();
                Assert.Equal(index, id.data[0] % 5);
            }
        }
    }

    [Fact]
    public void RandomBytesFindNothing_AndReadNothingBeyondThePacket()
    {
        var table = new ConnectionIdTable();
        var random = new Random(2);
        for (var i = 0; i < 200_000; i++)
        {
            // An exact allocation, so that a read past the end would show under a checking allocator.
            var packet = new byte[random.Next(1, 64)];
            random.NextBytes(packet);
            fixed (byte* start = packet)
                Assert.Null(table.Find(start, packet.Length));
        }
    }
}
