using Culvert.Transports.Http2.ConnectorRole;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Primitives;

namespace Culvert.Transports.Http2.Tests.ConnectorRole;

/// <summary>What a stream is (http2-and-proxy, section 1.4).</summary>
public class ClassificationTests
{
    private const string Marker = "cf-cloudflared-proxy-connection-upgrade";
    private const string Source = "cf-cloudflared-proxy-src";

    [Theory]
    [InlineData("update-configuration", null, (int)EdgeStreamType.Configuration)]
    [InlineData("update-configuration", "tcp", (int)EdgeStreamType.Configuration)]
    [InlineData("websocket", null, (int)EdgeStreamType.WebSocket)]
    [InlineData("websocket", "tcp", (int)EdgeStreamType.WebSocket)]
    [InlineData("websocket", "", (int)EdgeStreamType.WebSocket)]
    [InlineData("control-stream", "tcp", (int)EdgeStreamType.Tcp)]
    [InlineData("other", "tcp", (int)EdgeStreamType.Tcp)]
    [InlineData("", "tcp", (int)EdgeStreamType.Tcp)]
    [InlineData(null, "tcp", (int)EdgeStreamType.Tcp)]
    [InlineData(null, " ", (int)EdgeStreamType.Tcp)]
    [InlineData("control-stream", null, (int)EdgeStreamType.Control)]
    [InlineData("control-stream", "", (int)EdgeStreamType.Control)]
    [InlineData(null, null, (int)EdgeStreamType.Http)]
    [InlineData("", "", (int)EdgeStreamType.Http)]
    [InlineData("other", null, (int)EdgeStreamType.Http)]
    [InlineData("WebSocket", null, (int)EdgeStreamType.Http)]
    [InlineData("Control-Stream", null, (int)EdgeStreamType.Http)]
    [InlineData("UPDATE-CONFIGURATION", null, (int)EdgeStreamType.Http)]
    [InlineData("websocket ", null, (int)EdgeStreamType.Http)]
    [InlineData("websocket,control-stream", null, (int)EdgeStreamType.Http)]
    public void First_match_wins(string? marker, string? source, int expected) =>
        Assert.Equal((EdgeStreamType)expected, Classify(marker, source));

    [Theory]
    [InlineData("websocket", "control-stream", (int)EdgeStreamType.WebSocket)]
    [InlineData("control-stream", "websocket", (int)EdgeStreamType.Control)]
    [InlineData("other", "update-configuration", (int)EdgeStreamType.Http)]
    [InlineData("", "websocket", (int)EdgeStreamType.Http)]
    public void Only_the_first_value_of_the_marker_counts(string first, string second, int expected) =>
        Assert.Equal((EdgeStreamType)expected, Classify(new StringValues([first, second]), default));

    [Fact]
    public void Only_the_first_value_of_the_source_counts() =>
        Assert.Equal(EdgeStreamType.Http, Classify(default, new StringValues(["", "tcp"])));

    [Theory]
    [InlineData("CONNECT", "")]
    [InlineData("PUT", "/update-configuration")]
    public void Method_and_path_play_no_part(string method, string path)
    {
        var request = new HttpRequestFeature { Method = method, Path = path, RawTarget = path };
        request.Headers[Marker] = "control-stream";

        Assert.Equal(EdgeStreamType.Control, StreamClassification.Of(request));
    }

    private static EdgeStreamType Classify(StringValues marker, StringValues source)
    {
        var request = new HttpRequestFeature();
        if (marker.Count > 0)
        {
            request.Headers[Marker] = marker;
        }

        if (source.Count > 0)
        {
            request.Headers[Source] = source;
        }

        return StreamClassification.Of(request);
    }
}
