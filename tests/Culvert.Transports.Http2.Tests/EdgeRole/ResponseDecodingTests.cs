using System.Net;
using Culvert.Transports.Headers;
using Culvert.Transports.Http2.EdgeRole;
using Culvert.Transports.Streams;

namespace Culvert.Transports.Http2.Tests.EdgeRole;

/// <summary>A connector's response (http2-and-proxy, sections 1.9 and 6.2).</summary>
public class ResponseDecodingTests
{
    private const string Upgrade = "VXBncmFkZQ:V2ViU29ja2V0"; // Upgrade: WebSocket

    private readonly ResponseHead _head = new();

    [Fact]
    public void Head_is_rebuilt_from_the_serialized_fields_alone()
    {
        using var response = Response(201, ResponseMeta.Origin, "U2V0LUNvb2tpZQ:YT0xOyBQYXRoPS8;U2V0LUNvb2tpZQ:Yj0y");
        response.Headers.Date = DateTimeOffset.UnixEpoch;
        response.Content.Headers.TryAddWithoutValidation("Content-Type", "text/sniffed");

        Assert.True(ResponseDecoding.TryRead(response, StreamKind.Http, _head));
        Assert.Equal((201, ResponseSource.Origin), (_head.Status, _head.Source));
        Assert.Equal(["Set-Cookie: a=1; Path=/", "Set-Cookie: b=2"], Lines());
    }

    [Theory]
    [InlineData(200, StreamKind.WebSocket, Upgrade, 101)]
    [InlineData(200, StreamKind.Http, Upgrade, 200)]
    [InlineData(200, StreamKind.Tcp, Upgrade, 200)]
    [InlineData(201, StreamKind.WebSocket, Upgrade, 201)]
    [InlineData(200, StreamKind.WebSocket, "VXBncmFkZQ:aDJj", 200)]
    [InlineData(200, StreamKind.WebSocket, "", 200)]
    public void Switch_of_protocols_is_recognised_on_a_WebSocket_alone(int status, StreamKind kind, string fields, int expected)
    {
        using var response = Response(status, ResponseMeta.Origin, fields);

        Assert.True(ResponseDecoding.TryRead(response, kind, _head));
        Assert.Equal(expected, _head.Status);
    }

    [Theory]
    [InlineData("nonsense")]
    [InlineData("YQ==:Yg==")]
    [InlineData("YQ:Yg:Yw")]
    public void Malformed_fields_are_refused(string fields)
    {
        using var response = Response(200, ResponseMeta.Origin, fields);

        Assert.False(ResponseDecoding.TryRead(response, StreamKind.Http, _head));
    }

    [Fact]
    public void More_fields_than_a_list_holds_are_refused()
    {
        using var response = Response(
            200, ResponseMeta.Origin, string.Join(';', Enumerable.Repeat("YQ:Yg", HeaderList.MaxCount + 1)));

        Assert.False(ResponseDecoding.TryRead(response, StreamKind.Http, _head));
    }

    [Theory]
    [InlineData(null, ResponseSource.Connector)]
    [InlineData("unknown", ResponseSource.Connector)]
    [InlineData(ResponseMeta.Connector, ResponseSource.Connector)]
    [InlineData(ResponseMeta.FlowLimited, ResponseSource.FlowLimited)]
    public void Response_that_does_not_name_the_origin_is_the_connectors(string? meta, ResponseSource expected)
    {
        using var response = Response(400, meta, null);

        Assert.True(ResponseDecoding.TryRead(response, StreamKind.Http, _head));
        Assert.Equal(expected, _head.Source);
        Assert.Empty(Lines());
    }

    [Fact]
    public void Head_that_is_used_again_remembers_nothing()
    {
        _head.Headers.Add("Old", "1");
        _head.Error = "old";
        using var response = Response(200, ResponseMeta.Origin, "YQ:Yg");

        Assert.True(ResponseDecoding.TryRead(response, StreamKind.Http, _head));
        Assert.Equal(["a: b"], Lines());
        Assert.Null(_head.Error);
    }

    private static HttpResponseMessage Response(int status, string? meta, string? fields)
    {
        var response = new HttpResponseMessage((HttpStatusCode)status) { Content = new ByteArrayContent([]) };
        response.Content.Headers.ContentLength = null;
        if (meta is not null)
        {
            response.Headers.TryAddWithoutValidation("cf-cloudflared-response-meta", meta);
        }

        if (fields is not null)
        {
            response.Headers.TryAddWithoutValidation("cf-cloudflared-response-headers", fields);
        }

        return response;
    }

    private string[] Lines() =>
        [.. Enumerable.Range(0, _head.Headers.Count).Select(i => $"{_head.Headers[i].NameText}: {_head.Headers[i].ValueText}")];
}
