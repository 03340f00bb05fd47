using Culvert.Engine.Origins.WebSockets;

namespace Culvert.Engine.Tests.Origins.WebSockets;

public sealed class MaskingTests
{
    [Fact]
    public void Every_byte_meets_its_byte_of_the_key_wherever_the_piece_begins()
    {
        var key = new byte[] { 0xDE, 0xAD, 0xBE, 0xEF };
        var source = new byte[300];
        new Random(1).NextBytes(source);
        foreach (var length in new[] { 0, 1, 3, 15, 16, 31, 32, 33, 64, 100, 300 })
        {
            for (var position = 0; position < 9; position++)
            {
                var plain = new byte[length];
                Masking.Apply(source.AsSpan(0, length), plain, BitConverter.ToUInt32(key), position);
                Assert.Equal(Enumerable.Range(0, length).Select(i => (byte)(source[i] ^ key[(position + i) % 4])), plain);
            }
        }
    }
}
