using Culvert.Engine.Origins.Http;
using Culvert.Engine.Tests.Fixtures;
using Culvert.Tests.Fixtures;

namespace Culvert.Engine.Tests.Origins.Http;

/// <summary>Requests that wait for the origin's <c>100 Continue</c> (http2-and-proxy, sections 2.2 and 5.1).</summary>
public sealed class HttpOriginExpectTests : IAsyncDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(20);

    private readonly RawOrigin _server = new();
    private readonly FakeTime _time = new();
    private readonly HttpOrigin _origin;

    public HttpOriginExpectTests() => _origin = new HttpOrigin(_server.Address, time: _time);

    [Fact]
    public async Task Body_follows_the_origins_100_which_the_edge_never_sees()
    {
        using var stream = await CreateAsync();
        var serving = _origin.ServeAsync(stream, default).AsTask();
        using var connection = await _server.AcceptAsync();
        Assert.Contains("Expect: 100-continue", await connection.ReadHeadAsync());
        Assert.False(await connection.HasMoreAsync());
        await connection.WriteAsync("HTTP/1.1 100 Continue\r\n\r\n");
        await connection.ReadUntilAsync("hello");
        await connection.WriteAsync("HTTP/1.1 201 Created\r\nContent-Length: 0\r\n\r\n");
        await serving.WaitAsync(Limit);

        Assert.Equal("201", stream.Head![0]);
        Assert.Equal(1, _origin.IdleConnections);
    }

    [Fact]
    public async Task Body_follows_after_a_second_when_the_origin_says_nothing()
    {
        using var stream = await CreateAsync();
        var serving = _origin.ServeAsync(stream, default).AsTask();
        using var connection = await _server.AcceptAsync();
        await connection.ReadHeadAsync();
        await _time.WaitBegunAsync(TimeSpan.FromSeconds(1));
        _time.Advance(TimeSpan.FromSeconds(1));
        await connection.ReadUntilAsync("hello");
        await connection.WriteAsync("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
        await serving.WaitAsync(Limit);
    }

    [Fact]
    public async Task Refusal_saves_the_body_and_ends_the_connection()
    {
        using var stream = await CreateAsync();
        var serving = _origin.ServeAsync(stream, default).AsTask();
        using var connection = await _server.AcceptAsync();
        await connection.ReadHeadAsync();
        await connection.WriteAsync("HTTP/1.1 413 Content Too Large\r\nContent-Length: 0\r\n\r\n");
        await serving.WaitAsync(Limit);
        await connection.ClosedAsync();

        Assert.Equal("413", stream.Head![0]);
        Assert.Equal(0, _origin.IdleConnections);
    }

    [Fact]
    public async Task Connection_is_kept_when_the_origin_answers_before_the_sender_knows_that_the_body_left()
    {
        using var stream = await CreateAsync();
        stream.HoldReader();
        var serving = _origin.ServeAsync(stream, default).AsTask();
        using var connection = await _server.AcceptAsync();
        await connection.WriteAsync("HTTP/1.1 100 Continue\r\n\r\n");
        await connection.ReadUntilAsync("hello");
        await connection.WriteAsync("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
        await _time.WaitBegunAsync(TimeSpan.FromMilliseconds(50));
        stream.Late!.GoOn();
        await serving.WaitAsync(Limit);

        Assert.Equal(1, _origin.IdleConnections);
    }

    [Fact]
    public async Task Answer_waits_50_ms_at_most_for_the_sender()
    {
        using var stream = await CreateAsync();
        stream.HoldReader();
        var serving = _origin.ServeAsync(stream, default).AsTask();
        using var connection = await _server.AcceptAsync();
        await connection.WriteAsync("HTTP/1.1 100 Continue\r\n\r\n");
        await connection.ReadUntilAsync("hello");
        await connection.WriteAsync("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
        await _time.WaitBegunAsync(TimeSpan.FromMilliseconds(50));
        _time.Advance(TimeSpan.FromMilliseconds(50));
        await connection.ClosedAsync();
        stream.Late!.GoOn();
        await serving.WaitAsync(Limit);

        Assert.Equal(0, _origin.IdleConnections);
    }

    public async ValueTask DisposeAsync()
    {
        await _origin.DisposeAsync();
        _server.Dispose();
    }

    private static async Task<FakeEdgeStream> CreateAsync()
    {
        var stream = new FakeEdgeStream("POST");
        (stream.Request.HasBody, stream.Request.ContentLength) = (true, 5);
        stream.Request.Headers.Add("Expect", "100-continue");
        await stream.Body.WriteAsync("hello"u8.ToArray());
        await stream.Body.CompleteAsync();
        return stream;
    }
}
