using Culvert.Engine.Origins.WebSockets;
using Culvert.Engine.Tests.Fixtures;

namespace Culvert.Engine.Tests.Origins.WebSockets;

public sealed class FrameHeaderTests
{
    [Theory]
    [InlineData(0)]
    [InlineData(125)]
    [InlineData(126)]
    [InlineData(65535)]
    [InlineData(65536)]
    public void Length_of_a_clients_frame_is_read_from_its_shortest_form(int length)
    {
        var frame = ClientFrames.Binary(new byte[length]);
        var size = frame.Length - length;

        Assert.True(FrameHeader.TryRead(new(frame), out var header, out var read));
        Assert.Equal((Opcode.Binary, true, 0x44332211u, (long)length), (header.Opcode, header.Final, header.Mask, header.Length));
        Assert.Equal(size, read);
        Assert.All(Enumerable.Range(0, size), part => Assert.False(FrameHeader.TryRead(new(frame[..part]), out _, out _)));
    }

    [Theory]
    [InlineData("C280", "reserved bits")]
    [InlineData("8380", "unknown opcode")]
    [InlineData("8B80", "unknown opcode")]
    [InlineData("8205", "not masked")]
    [InlineData("0980", "fragmented")]
    [InlineData("89FE", "too long")]
    [InlineData("82FE007D00000000", "invalid length")]
    [InlineData("82FF000000000000FFFF00000000", "invalid length")]
    [InlineData("82FFFFFFFFFFFFFFFFFF00000000", "invalid length")]
    public void Frame_that_no_client_may_send_is_refused(string hex, string why)
    {
        var error = Assert.Throws<WebSocketFormatException>(
            () => FrameHeader.TryRead(new(Convert.FromHexString(hex)), out _, out _));
        Assert.Contains(why, error.Message);
    }

    [Theory]
    [InlineData(0, "8200")]
    [InlineData(5, "8205")]
    [InlineData(125, "827D")]
    [InlineData(126, "827E007E")]
    [InlineData(16384, "827E4000")]
    [InlineData(65536, "827F0000000000010000")]
    public void Servers_header_is_final_and_unmasked(int length, string hex)
    {
        var bytes = new byte[FrameHeader.MaxServerBytes];

        Assert.Equal(hex, Convert.ToHexString(bytes.AsSpan(0, FrameHeader.Write(bytes, Opcode.Binary, length))));
    }
}
