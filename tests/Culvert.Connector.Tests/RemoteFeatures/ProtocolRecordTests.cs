using Culvert.Connector.RemoteFeatures;

namespace Culvert.Connector.Tests.RemoteFeatures;

public sealed class ProtocolRecordTests
{
    // Its hundredth is 74.
    private const string Account = "123456";

    [Theory]
    [InlineData("""[{"protocol":"quic","percentage":100},{"protocol":"http2","percentage":0}]""", "quic")]
    [InlineData("""[{"protocol":"http2","percentage":100}]""", "http2")]
    [InlineData("""[{"protocol":"http2","percentage":0}]""", "quic")]
    [InlineData("""[{"protocol":"http2","percentage":-1}]""", "quic")]
    [InlineData("""[{"protocol":"HTTP2","percentage":75}]""", "http2")]
    [InlineData("""[{"protocol":"http2","percentage":74}]""", "quic")]
    [InlineData("""[{"protocol":"http2","percentage":100},{"protocol":"quic","percentage":100}]""", "quic")]
    [InlineData("""[{"protocol":"h3","percentage":100}]""", "quic")]
    [InlineData("[]", "quic")]
    public void K11_FirstTransportAboveTheAccountsHundredth(string record, string protocol) =>
        Assert.Equal(protocol, ProtocolRecord.Choose(record, Account));

    [Theory]
    [InlineData("")]
    [InlineData("{}")]
    [InlineData("""[{"protocol":"quic"}]""")]
    [InlineData("""[{"protocol":"quic","percentage":"all"}]""")]
    public void Record_that_makes_no_sense_is_told(string record) =>
        Assert.Throws<FormatException>(() => ProtocolRecord.Choose(record, Account));
}
