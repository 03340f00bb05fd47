using Culvert.Engine.Origins.WebSockets;

namespace Culvert.Engine.Tests.Origins.WebSockets;

public sealed class CloseStatusTests
{
    [Theory]
    [InlineData("", null)]
    [InlineData("03E8", 1000)]
    [InlineData("03E8626965", 1000)]
    [InlineData("0BB8", 3000)]
    [InlineData("1387", 4999)]
    public void Status_is_read(string hex, int? status) => Assert.Equal(status, CloseStatus.Read(Convert.FromHexString(hex)));

    [Theory]
    [InlineData("03")]
    [InlineData("03E7")]
    [InlineData("03EC")]
    [InlineData("03ED")]
    [InlineData("03EE")]
    [InlineData("03F7")]
    [InlineData("1388")]
    [InlineData("03E8FF")]
    public void Invalid_payload_is_refused(string hex) =>
        Assert.Throws<WebSocketFormatException>(() => CloseStatus.Read(Convert.FromHexString(hex)));
}
