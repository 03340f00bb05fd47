using Culvert.Engine.Origins.HelloWorld;

namespace Culvert.Engine.Tests.Origins.HelloWorld;

public class WebSocketHandshakeTests
{
    [Fact]
    public void Key_of_RFC_6455_has_its_answer() =>
        Assert.Equal("s3pPLMBiTxaQ9kYGzzhZRbK+xOo=", WebSocketHandshake.AcceptKey("dGhlIHNhbXBsZSBub25jZQ=="));
}
