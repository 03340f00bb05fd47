using Culvert.Edge.Visitors;

namespace Culvert.Edge.Tests.Visitors;

public class HopByHopTests
{
    [Theory]
    [InlineData("Connection")]
    [InlineData("keep-alive")]
    [InlineData("Proxy-Connection")]
    [InlineData("Proxy-Authenticate")]
    [InlineData("Proxy-Authorization")]
    [InlineData("TRANSFER-ENCODING")]
    [InlineData("Upgrade")]
    [InlineData("Trailer")]
    public void Fields_of_one_connection_stay_behind_both_ways(string name)
    {
        Assert.True(HopByHop.IsRequestHeader(name, default));
        Assert.True(HopByHop.IsResponseHeader(name, default));
    }

    [Theory]
    [InlineData("TE")]
    [InlineData("Expect")]
    public void Fields_that_only_a_request_has_stay_behind_there(string name)
    {
        Assert.True(HopByHop.IsRequestHeader(name, default));
        Assert.False(HopByHop.IsResponseHeader(name, default));
    }

    [Theory]
    [InlineData("X-Hop", true)]
    [InlineData("x-other", true)]
    [InlineData("X-Third", true)]
    [InlineData("X-Ho", false)]
    [InlineData("X-Hop-2", false)]
    [InlineData("Content-Type", false)]
    public void Fields_that_the_connection_field_names_stay_behind(string name, bool expected)
    {
        var connection = new Microsoft.Extensions.Primitives.StringValues(["close, x-hop ,X-Other", "x-third"]);

        Assert.Equal(expected, HopByHop.IsRequestHeader(name, connection));
        Assert.Equal(expected, HopByHop.IsResponseHeader(name, connection));
    }
}
