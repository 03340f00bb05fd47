using Culvert.Transports.Headers;
using Culvert.Transports.Tests.Vectors;

namespace Culvert.Transports.Tests.Headers;

public class ResponseMetaTests
{
    [Fact]
    public void Texts_are_those_of_the_reference() =>
        Assert.Equal(
            HeaderVectors.Section("metaHeader").Select(v => v.Text("value")),
            [ResponseMeta.Origin, ResponseMeta.Connector, ResponseMeta.FlowLimited]);

    [Theory]
    [InlineData(ResponseMeta.Origin, ResponseSource.Origin)]
    [InlineData(ResponseMeta.Connector, ResponseSource.Connector)]
    [InlineData(ResponseMeta.FlowLimited, ResponseSource.FlowLimited)]
    [InlineData("{}", ResponseSource.Connector)]
    [InlineData("", ResponseSource.Connector)]
    [InlineData(null, ResponseSource.Connector)]
    public void Text_tells_who_answered_and_anything_else_is_the_connector(string? text, ResponseSource expected) =>
        Assert.Equal(expected, ResponseMeta.Parse(text));
}
