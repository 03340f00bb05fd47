using Culvert.Engine.Origins.Http;
using Culvert.Engine.Tests.Fixtures;
using Culvert.Ingress.OriginRequests;
using Culvert.Tests.Fixtures;

namespace Culvert.Engine.Tests.Origins.Http;

/// <summary>Settings that change what an origin is sent (http2-and-proxy, sections 4.6.2 and 4.6.4; C-27).</summary>
public sealed class HttpOriginSettingsTests : IDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(20);

    private readonly RawOrigin _server = new();

    [Fact]
    public async Task C27_G02_replaced_host_moves_to_x_forwarded_host()
    {
        using var stream = new FakeEdgeStream(authority: "demo.example:8080");
        stream.Request.Headers.Add("x-forwarded-host", "forged.example");
        var head = await HeadAsync(stream, OriginRequest.Default with { HttpHostHeader = "inner.example" });

        Assert.Contains("Host: inner.example", head);
        Assert.Equal(
            ["X-Forwarded-Host: demo.example:8080"],
            head.Where(line => line.StartsWith("x-forwarded-host", StringComparison.OrdinalIgnoreCase)));
    }

    [Fact]
    public async Task Body_of_unknown_length_is_measured_when_chunks_are_off()
    {
        using var stream = new FakeEdgeStream("POST");
        stream.Request.HasBody = true;
        await stream.Body.WriteAsync("hello"u8.ToArray());
        await stream.Body.CompleteAsync();
        await using var origin = new HttpOrigin(
            _server.Address, OriginRequest.Default with { DisableChunkedEncoding = true }, new FakeTime());
        var serving = origin.ServeAsync(stream, default).AsTask();
        using var connection = await _server.AcceptAsync();
        var head = await connection.ReadHeadAsync();
        await connection.ReadUntilAsync("hello");
        await connection.WriteAsync("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
        await serving.WaitAsync(Limit);

        Assert.Contains("Content-Length: 5", head);
        Assert.DoesNotContain(head, line => line.StartsWith("Transfer-Encoding", StringComparison.Ordinal));
        Assert.Equal(1, origin.IdleConnections);
    }

    [Theory]
    [InlineData(-1, 0)]
    [InlineData(0, 1)]
    [InlineData(1, 1)]
    public async Task Idle_connections_follow_the_settings(int setting, int kept)
    {
        await using var origin = new HttpOrigin(_server.Address, OriginRequest.Default with { KeepAliveConnections = setting });
        using var stream = new FakeEdgeStream();
        var serving = origin.ServeAsync(stream, default).AsTask();
        using var connection = await _server.AcceptAsync();
        await connection.ReadHeadAsync();
        await connection.WriteAsync("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
        await serving.WaitAsync(Limit);

        Assert.Equal(kept, origin.IdleConnections);
    }

    public void Dispose() => _server.Dispose();

    private async Task<string[]> HeadAsync(FakeEdgeStream stream, OriginRequest settings)
    {
        await using var origin = new HttpOrigin(_server.Address, settings);
        var serving = origin.ServeAsync(stream, default).AsTask();
        using var connection = await _server.AcceptAsync();
        var head = await connection.ReadHeadAsync();
        await connection.WriteAsync("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
        await serving.WaitAsync(Limit);
        return head;
    }
}
