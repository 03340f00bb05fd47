using Culvert.Engine.Origins;
using Culvert.Engine.Origins.Http;
using Culvert.Engine.Tests.Fixtures;
using Culvert.Ingress.OriginRequests;
using Culvert.Tests.Fixtures;

namespace Culvert.Engine.Tests.Origins.Http;

/// <summary>When a connection to an origin is used again, and when it is given up.</summary>
public sealed class HttpOriginConnectionTests : IAsyncDisposable
{
    private const string Empty = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";

    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(20);

    private readonly RawOrigin _server = new();
    private readonly FakeTime _time = new();
    private readonly HttpOrigin _origin;

    public HttpOriginConnectionTests() =>
        _origin = new HttpOrigin(_server.Address, OriginRequest.Default with { KeepAliveConnections = 2 }, _time);

    [Theory]
    [InlineData(Empty)]
    [InlineData("HTTP/1.1 204 No Content\r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\nX: y\r\n\r\n")]
    [InlineData("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")]
    public async Task Complete_response_leaves_a_connection_that_is_used_again(string response)
    {
        using var connection = await ServeFirstAsync(response);
        await WhenIdleAsync(1);
        await ServeOnAsync(connection, response);
        Assert.False(_server.HasWaiting);
    }

    [Theory]
    [InlineData("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n")]
    [InlineData("HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n")]
    public async Task Connection_that_the_origin_ends_is_not_used_again(string response)
    {
        using var connection = await ServeFirstAsync(response);
        await connection.ClosedAsync();
        Assert.Equal(0, _origin.IdleConnections);
    }

    [Fact]
    public async Task Bytes_that_nobody_asked_for_never_answer_the_next_request()
    {
        using var connection = await ServeFirstAsync(Empty + "HTTP/1.1 200 OK\r\nX-Smuggled: 1\r\nContent-Length: 0\r\n\r\n");
        await connection.ClosedAsync();
        Assert.Equal(0, _origin.IdleConnections);
        using var other = await ServeFirstAsync(Empty);
    }

    [Fact]
    public async Task Idle_connection_that_the_origin_closes_is_noticed()
    {
        using (await ServeFirstAsync(Empty))
        {
            await WhenIdleAsync(1);
        }

        await WhenIdleAsync(0);
    }

    [Fact]
    public async Task Idle_connection_is_closed_after_its_time()
    {
        using var connection = await ServeFirstAsync(Empty);
        await WhenIdleAsync(1);
        _time.Advance(TimeSpan.FromSeconds(89));
        Assert.Equal(1, _origin.IdleConnections);
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(0, _origin.IdleConnections);
        await connection.ClosedAsync();
    }

    [Fact]
    public async Task No_more_idle_connections_are_kept_than_allowed()
    {
        var streams = Enumerable.Range(0, 3).Select(_ => new FakeEdgeStream()).ToArray();
        var serving = new List<Task>();
        var connections = new List<RawOrigin.Connection>();
        foreach (var stream in streams)
        {
            serving.Add(_origin.ServeAsync(stream, default).AsTask());
            connections.Add(await _server.AcceptAsync());
            await connections[^1].ReadHeadAsync();
        }

        foreach (var connection in connections)
        {
            await connection.WriteAsync(Empty);
        }

        await Task.WhenAll(serving).WaitAsync(Limit);
        await WhenIdleAsync(2);
        connections.ForEach(connection => connection.Dispose());
    }

    [Theory]
    [InlineData("GET")]
    [InlineData("HEAD")]
    [InlineData("OPTIONS")]
    [InlineData("TRACE")]
    public async Task Repeatable_request_is_sent_again_when_a_kept_connection_dies(string method)
    {
        using var stream = new FakeEdgeStream(method);
        var serving = await DieUnderAsync(stream, "");
        using (var second = await _server.AcceptAsync())
        {
            Assert.StartsWith(method, (await second.ReadHeadAsync())[0]);
            await second.WriteAsync(Empty);
            await serving.WaitAsync(Limit);
        }

        Assert.Equal("200", stream.Head![0]);
    }

    [Theory]
    [InlineData("POST", "")]
    [InlineData("PUT", "")]
    [InlineData("DELETE", "")]
    [InlineData("get", "")]
    [InlineData("GET", "H")]
    [InlineData("GET", "HTTP/1.1 103 Early\r\n\r\n")]
    public async Task Request_that_may_have_had_an_effect_is_not_sent_again(string method, string beginning)
    {
        using var stream = new FakeEdgeStream(method);
        var serving = await DieUnderAsync(stream, beginning);
        await Assert.ThrowsAsync<OriginException>(() => serving.WaitAsync(Limit));
        Assert.False(_server.HasWaiting);
    }

    [Fact]
    public async Task Request_on_a_new_connection_is_not_sent_again()
    {
        using var stream = new FakeEdgeStream();
        var serving = _origin.ServeAsync(stream, default).AsTask();
        using (var connection = await _server.AcceptAsync())
        {
            await connection.ReadHeadAsync();
        }

        await Assert.ThrowsAsync<OriginException>(() => serving.WaitAsync(Limit));
        Assert.False(_server.HasWaiting);
    }

    [Fact]
    public async Task Disposed_origin_keeps_no_connection()
    {
        using var connection = await ServeFirstAsync(Empty);
        await _origin.DisposeAsync();
        await connection.ClosedAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await _origin.DisposeAsync();
        _server.Dispose();
    }

    private async Task<Task> DieUnderAsync(FakeEdgeStream stream, string beginning)
    {
        using var first = await ServeFirstAsync(Empty);
        await WhenIdleAsync(1);
        var serving = _origin.ServeAsync(stream, default).AsTask();
        await first.ReadHeadAsync();
        await first.WriteAsync(beginning);
        return serving;
    }

    private async Task<RawOrigin.Connection> ServeFirstAsync(string response)
    {
        using var stream = new FakeEdgeStream();
        var serving = _origin.ServeAsync(stream, default).AsTask();
        var connection = await _server.AcceptAsync();
        await AnswerAsync(connection, serving, response);
        return connection;
    }

    private async Task ServeOnAsync(RawOrigin.Connection connection, string response)
    {
        using var stream = new FakeEdgeStream();
        await AnswerAsync(connection, _origin.ServeAsync(stream, default).AsTask(), response);
    }

    private static async Task AnswerAsync(RawOrigin.Connection connection, Task serving, string response)
    {
        await connection.ReadHeadAsync();
        await connection.WriteAsync(response);
        await serving.WaitAsync(Limit);
    }

    private async Task WhenIdleAsync(int connections)
    {
        for (var until = DateTime.UtcNow + Limit; _origin.IdleConnections != connections; await Task.Delay(5))
        {
            Assert.True(DateTime.UtcNow < until, $"{_origin.IdleConnections} connections are idle");
        }
    }
}
