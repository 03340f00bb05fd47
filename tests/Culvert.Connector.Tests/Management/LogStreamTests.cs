using System.Net.WebSockets;
using Culvert.Connector.Management;
using Culvert.Engine.Tests.Fixtures;
using Culvert.Tests.Fixtures;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Culvert.Connector.Tests.Management;

public sealed partial class LogStreamTests : IDisposable
{
    private const string Start = """{"type":"start_streaming"}""";
    private const string Stop = """{"type":"stop_streaming"}""";

    private readonly FakeTime _time = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly StreamedLogger _logger;
    private readonly LogEndpoint _endpoint;

    public LogStreamTests()
    {
        _logger = new StreamedLogger(NullLogger.Instance, _time);
        _endpoint = new LogEndpoint(_logger.Stream, TimeSpan.FromMinutes(1), _time, _stop.Token);
    }

    [Fact]
    public async Task C28_DebugEntriesReachTheClientWhateverTheLoggersLevel()
    {
        await using var client = await LogClient.ConnectAsync(_endpoint);
        Assert.Equal(
            ["101", "Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo="],
            client.Head);
        Assert.False(_logger.IsEnabled(LogLevel.Critical));
        await StartAsync(client, Start, LogLevel.Debug);
        LogHot(_logger, 3);

        Assert.Equal(
            """{"type":"logs","logs":[{"time":"2026-01-02T03:04:05Z","message":"Hot","fields":{"connIndex":3}}]}""",
            await client.ReceiveAsync());
    }

    [Fact]
    public async Task C26_StartAndStopMayBeRepeatedAndFiltersChange()
    {
        await using var client = await LogClient.ConnectAsync(_endpoint);
        await StartAsync(
            client, """{"type":"start_streaming","filters":{"level":"warn","events":["cloudflared"]}}""", LogLevel.Warning);
        Assert.False(_logger.IsEnabled(LogLevel.Information));
        await client.SendAsync(Stop);
        await Deadline.UntilAsync(() => !_logger.IsEnabled(LogLevel.Critical), "nobody listens");
        await StartAsync(client, Start, LogLevel.Debug);
        await StartAsync(client, """{"type":"start_streaming","filters":{"level":"error"}}""", LogLevel.Error);
        await Deadline.UntilAsync(() => !_logger.IsEnabled(LogLevel.Warning), "nobody listens");
        _logger.LogError("seen");

        Assert.Contains("\"message\":\"seen\"", await client.ReceiveAsync(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(
        """{"type":"start_streaming","filters":{"level":"loud"}}""", "close 4001 expected start streaming as first event")]
    [InlineData("""{"type":"logs"}""", "close 1003 invalid client message type was provided: logs")]
    [InlineData("{}", "close 1003 invalid message type was provided")]
    public async Task C26_InvalidCommandEndsTheSession(string message, string end)
    {
        await using var client = await LogClient.ConnectAsync(_endpoint);
        await client.SendAsync(message);

        Assert.Equal(end, await client.ReceiveAsync());
        await client.Served;
    }

    [Fact]
    public async Task C26_BinaryLongAndBrokenMessagesEndTheSession()
    {
        await using var binary = await LogClient.ConnectAsync(_endpoint);
        await binary.SendAsync([1], WebSocketMessageType.Binary);
        Assert.Equal("close 1003 invalid message type was provided", await binary.ReceiveAsync());
        await using var broken = await LogClient.ConnectAsync(_endpoint);
        await broken.SendAsync("{" + new string('\u00e9', 200));
        Assert.StartsWith("close 1003 ", await broken.ReceiveAsync(), StringComparison.Ordinal);
        await using var large = await LogClient.ConnectAsync(_endpoint);
        await large.SendAsync(new string(' ', LogSession.MaxMessageBytes + 1));
        Assert.StartsWith("close 1009 ", await large.ReceiveAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task C27_AnotherActorIsRefusedAndTheSameOneReplaces()
    {
        await using var first = await LogClient.ConnectAsync(_endpoint, "one");
        await StartAsync(first, Start, LogLevel.Debug);
        await using var other = await LogClient.ConnectAsync(_endpoint, "two");
        await other.SendAsync(Start);
        Assert.Equal("close 4002 limit exceeded for streaming sessions", await other.ReceiveAsync());

        await using var again = await LogClient.ConnectAsync(_endpoint, "one");
        await again.SendAsync("""{"type":"start_streaming","filters":{"level":"error"}}""");
        Assert.Equal("close 1000 context closed", await first.ReceiveAsync());
        await Deadline.UntilAsync(() => !_logger.IsEnabled(LogLevel.Warning), "nobody listens");
        _logger.LogError("for the new one");
        Assert.Contains("for the new one", await again.ReceiveAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task S11_9_AnActorMayStartWhenTheOtherHasLeft()
    {
        await using var first = await LogClient.ConnectAsync(_endpoint, "one");
        await StartAsync(first, Start, LogLevel.Debug);
        await first.Socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, "", CancellationToken.None);
        Assert.Equal("close 1000 ", await first.ReceiveAsync());
        await first.Served;
        Assert.False(_logger.IsEnabled(LogLevel.Critical));

        await using var second = await LogClient.ConnectAsync(_endpoint, "two");
        await StartAsync(second, Start, LogLevel.Debug);
    }

    [Fact]
    public async Task C26_IdleSessionEndsAfterFiveMinutesUnlessItStreams()
    {
        await using var idle = await LogClient.ConnectAsync(_endpoint);
        await _time.WaitBegunAsync(LogSession.IdleLimit);
        _time.Advance(LogSession.IdleLimit);
        Assert.Equal("close 4003 session was idle for too long", await idle.ReceiveAsync());

        await using var client = await LogClient.ConnectAsync(_endpoint);
        await StartAsync(client, Start, LogLevel.Debug);
        _time.Advance(2 * LogSession.IdleLimit);
        _logger.LogInformation("still there");
        Assert.Contains("still there", await client.ReceiveAsync(), StringComparison.Ordinal);
        await client.SendAsync(Stop);
        await _time.WaitBegunAsync(LogSession.IdleLimit);
        await _time.WaitBegunAsync(LogSession.IdleLimit);
        _time.Advance(LogSession.IdleLimit);
        Assert.Equal("close 4003 session was idle for too long", await client.ReceiveAsync());
    }

    [Fact]
    public async Task Session_ends_with_the_connector_and_with_its_stream()
    {
        await using var lost = await LogClient.ConnectAsync(_endpoint);
        await StartAsync(lost, Start, LogLevel.Debug);
        lost.Cut();
        await lost.Served;
        Assert.False(_logger.IsEnabled(LogLevel.Critical));

        await using var client = await LogClient.ConnectAsync(_endpoint);
        await StartAsync(client, Start, LogLevel.Debug);
        await _stop.CancelAsync();
        Assert.Equal("close 1000 context closed", await client.ReceiveAsync());
        await client.Served;
    }

    [Fact]
    public void C26_ClientThatReadsNothingLosesTheNewestAndHoldsUpNobody()
    {
        var session = new LogSession(_logger.Stream, "me", _time);
        Assert.True(_logger.Stream.TryStart(session, LogFilter.All));
        for (var i = 0; i < 10 * LogSession.Buffer; i++)
        {
            _logger.LogInformation("line {number}", i);
        }

        Assert.Equal(LogSession.Buffer, session.Waiting);
    }

    [Fact]
    public async Task Too_many_clients_are_turned_away()
    {
        var clients = new List<LogClient>();
        for (var i = 0; i < LogStream.MaxSessions; i++)
        {
            clients.Add(await LogClient.ConnectAsync(_endpoint));
        }

        using var stream = new FakeEdgeStream("GET", "m", "/logs");
        stream.Request.Kind = Transports.Streams.StreamKind.WebSocket;
        await _endpoint.ServeAsync(stream, "me", default);
        Assert.Equal("503", stream.Head![0]);
        await clients[0].DisposeAsync();
        clients[0] = await LogClient.ConnectAsync(_endpoint);
        foreach (var client in clients)
        {
            await client.DisposeAsync();
        }
    }

    [Fact]
    public async Task S7_2_CompressionIsUsedWhenItIsOffered()
    {
        const string Offer = "permessage-deflate; client_no_context_takeover; server_no_context_takeover";
        await using var client = await LogClient.ConnectAsync(_endpoint, extensions: Offer);
        Assert.Contains(
            "Sec-WebSocket-Extensions: permessage-deflate; server_no_context_takeover; client_no_context_takeover", client.Head);
        await StartAsync(client, Start, LogLevel.Debug);
        _logger.LogInformation("compressed");

        Assert.Contains("compressed", await client.ReceiveAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task S7_2_ClientIsPingedAndOneThatIsGoneIsNoticed()
    {
        var endpoint = new LogEndpoint(_logger.Stream, TimeSpan.FromMilliseconds(50), _time, _stop.Token);
        await using var client = await LogClient.ConnectAsync(endpoint);
        await client.SendAsync(Start);

        // Nobody reads on this side, so no pong is sent.
        await client.Served;
        Assert.False(_logger.IsEnabled(LogLevel.Critical));
    }

    [Fact]
    public void While_nobody_listens_an_event_costs_no_allocation()
    {
        LogHot(_logger, 1);
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 10_000; i++)
        {
            LogHot(_logger, i);
        }

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    public void Dispose() => _stop.Dispose();

    private async Task StartAsync(LogClient client, string command, LogLevel level)
    {
        await client.SendAsync(command);
        await Deadline.UntilAsync(() => _logger.IsEnabled(level), "somebody listens");
    }

    [LoggerMessage(Level = LogLevel.Debug, Message = "Hot {connIndex}")]
    private static partial void LogHot(ILogger logger, int connIndex);
}
