using System.Net;
using System.Text;
using Culvert.Engine.Metrics;
using Culvert.Engine.Origins.Socks;
using Culvert.Engine.Tests.Fixtures;
using Culvert.Ingress.IpAccess;
using Culvert.Ingress.OriginRequests;
using Culvert.Transports.Streams;

namespace Culvert.Engine.Tests.Origins.Socks;

/// <summary>The SOCKS5 service (http2-and-proxy, section 7.1; C-33).</summary>
public sealed class SocksProxyOriginTests : IDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(20);

    private readonly RawOrigin _server = new();
    private readonly List<IpRule> _rules = [IpRule.Parse(new IpRuleText("127.0.0.0/8", [], Allow: true))];

    private readonly int _port;

    public SocksProxyOriginTests() => _port = _server.Address.Port;

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public async Task C33_allowed_destination_is_connected_and_named_by_the_outgoing_address(int type)
    {
        using var stream = CreateStream();
        var serving = ServeAsync(stream);
        await GreetAsync(stream);
        byte[] address = type == 1 ? [1, 127, 0, 0, 1] : [3, 4, .. "home"u8];
        await stream.Body.WriteAsync(ClientFrames.Binary([5, 1, 0, .. address, (byte)(_port >> 8), (byte)_port]));
        using (var connection = await _server.AcceptAsync())
        {
            Assert.Equal("050000017F000001", (await ReplyAsync(stream, 10))[..16]);
            await stream.Body.WriteAsync(ClientFrames.Binary("GET!"));
            await connection.ReadUntilAsync("GET!");
            await connection.WriteAsync("ok");
            Assert.Equal("\u0082\u0002ok", await stream.ReadAsync(4));
        }

        await serving.WaitAsync(Limit);
    }

    [Theory]
    [InlineData("G09", 200)]
    [InlineData("G09", 307)]
    [InlineData("G09", 400)]
    [InlineData("G09", 500)]
    public async Task Http_travels_both_ways(string row, int status)
    {
        const string Request = "POST / HTTP/1.1\r\nHost: h\r\nEcho: me\r\nContent-Length: 4\r\n\r\nbody";
        var response = $"HTTP/1.1 {status} Any\r\nEcho: me\r\nContent-Length: 4\r\n\r\nbody";
        using var stream = CreateStream();
        var serving = ServeAsync(stream);
        await GreetAsync(stream);
        await stream.Body.WriteAsync(ClientFrames.Binary([5, 1, 0, 1, 127, 0, 0, 1, (byte)(_port >> 8), (byte)_port]));
        using (var connection = await _server.AcceptAsync())
        {
            await ReplyAsync(stream, 10);
            await stream.Body.WriteAsync(ClientFrames.Binary(Request));
            Assert.Equal((row, Request), (row, await connection.ReadAllUntilAsync("body", Request.Length)));
            await connection.WriteAsync(response);
            Assert.Equal((row, $"\u0082{(char)response.Length}{response}"), (row, await stream.ReadAsync(2 + response.Length)));
        }

        await serving.WaitAsync(Limit);
    }

    [Theory]
    [InlineData("05040102030A", "05FF")]
    [InlineData("0500", "05FF")]
    [InlineData("050102", "05FF")]
    [InlineData("0401", "")]
    public async Task C33_greeting_that_is_not_understood_ends_the_stream(string greeting, string answer)
    {
        using var stream = CreateStream();
        var serving = ServeAsync(stream);
        await stream.Body.WriteAsync(ClientFrames.Binary(Convert.FromHexString(greeting)));
        await serving.WaitAsync(Limit);

        var sent = Encoding.Latin1.GetBytes(await stream.ReadToEndAsync());
        Assert.Equal(answer, Convert.ToHexString(sent.AsSpan(Math.Min(2, sent.Length))));
    }

    [Theory]
    [InlineData("05020001000000000050", "05070001000000000000")]
    [InlineData("05030001000000000050", "05070001000000000000")]
    [InlineData("05090001000000000050", "05070001000000000000")]
    [InlineData("0501000200", "05080001000000000000")]
    [InlineData("050100010A0000010050", "050200010A0000010050")]
    [InlineData("0501000307" + "756E6B6E6F776E" + "0050", "0502000307" + "756E6B6E6F776E" + "0050")]
    public async Task C33_request_that_is_refused_gets_its_code(string request, string answer)
    {
        using var stream = CreateStream();
        var serving = ServeAsync(stream);
        await GreetAsync(stream);
        await stream.Body.WriteAsync(ClientFrames.Binary(Convert.FromHexString(request)));

        Assert.Equal(answer, await ReplyAsync(stream, answer.Length / 2));
        await serving.WaitAsync(Limit);
    }

    [Fact]
    public async Task C33_port_that_refuses_is_code_5()
    {
        _server.Dispose();
        Assert.Equal("05050001000000000000", await ConnectAsync());
    }

    [Fact]
    public async Task C33_nothing_is_reached_without_rules()
    {
        _rules.Clear();
        Assert.StartsWith("05020001", await ConnectAsync());
    }

    [Fact]
    public async Task C33_first_rule_that_covers_address_and_port_decides()
    {
        _rules.Insert(0, IpRule.Parse(new IpRuleText("127.0.0.1/32", [_port], Allow: false)));
        Assert.StartsWith("05020001", await ConnectAsync());
    }

    [Fact]
    public async Task Handshake_in_single_bytes_is_the_same()
    {
        using var stream = CreateStream();
        var serving = ServeAsync(stream);
        byte[] all = [5, 1, 0, 5, 1, 0, 1, 10, 0, 0, 1, 0, 80];
        foreach (var one in all)
        {
            await stream.Body.WriteAsync(ClientFrames.Binary([one]));
        }

        Assert.Equal("\u0082\u0002\x5\0", await stream.ReadAsync(4));
        Assert.Equal("050200010A0000010050", await ReplyAsync(stream, 10));
        await serving.WaitAsync(Limit);
    }

    [Fact]
    public async Task Client_that_ends_inside_the_handshake_ends_the_stream()
    {
        using var stream = CreateStream();
        var serving = ServeAsync(stream);
        await stream.Body.WriteAsync(ClientFrames.Binary("\x5"));
        await stream.Body.CompleteAsync();

        await serving.WaitAsync(Limit);
    }

    public void Dispose() => _server.Dispose();

    private static FakeEdgeStream CreateStream()
    {
        var stream = new FakeEdgeStream();
        stream.Request.Kind = StreamKind.WebSocket;
        return stream;
    }

    private static async Task GreetAsync(FakeEdgeStream stream)
    {
        await stream.Body.WriteAsync(ClientFrames.Binary("\x5\x2\x2\0"));
        Assert.Equal("\u0082\u0002\x5\0", await stream.ReadAsync(4));
    }

    private static async Task<string> ReplyAsync(FakeEdgeStream stream, int length)
    {
        var frame = Encoding.Latin1.GetBytes(await stream.ReadAsync(2 + length));
        Assert.Equal((0x82, length), (frame[0], frame[1]));
        return Convert.ToHexString(frame.AsSpan(2));
    }

    private async Task<string> ConnectAsync()
    {
        using var stream = CreateStream();
        var serving = ServeAsync(stream);
        await GreetAsync(stream);
        await stream.Body.WriteAsync(ClientFrames.Binary([5, 1, 0, 1, 127, 0, 0, 1, (byte)(_port >> 8), (byte)_port]));
        var reply = await ReplyAsync(stream, 10);
        await serving.WaitAsync(Limit);
        return reply;
    }

    private Task ServeAsync(FakeEdgeStream stream)
    {
        var origin = new SocksProxyOrigin(
            new IpAccessPolicy(_rules, allowByDefault: false),
            OriginRequest.Default,
            new ProxyMetrics(),
            TimeProvider.System,
            (name, _) => Task.FromResult<IPAddress[]>(name == "home" ? [IPAddress.Loopback] : []));
        return origin.ServeAsync(stream, default).AsTask();
    }
}
