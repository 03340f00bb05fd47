using System.Text;
using Culvert.Edge.AccessLogs;
using Culvert.Edge.Visitors;
using Culvert.Tests.Fixtures;
using Microsoft.Extensions.Logging.Abstractions;

namespace Culvert.Edge.Tests.AccessLogs;

public sealed class AccessLogTests
{
    private static readonly Guid Tunnel = new("f4c6f0e3-9d1b-4d7f-8a55-0d8d8c6c8b11");
    private static readonly Guid Connection = new("0d8d8c6c-8b11-4d7f-8a55-f4c6f0e39d1b");

    private readonly FakeTime _time = new();
    private readonly MemoryStream _written = new();

    [Fact]
    public async Task Line_of_json_has_every_field() => Assert.Equal(
        "{\"time\":\"2026-01-02T03:04:05.678Z\",\"ip\":\"192.0.2.7\",\"host\":\"demo.example\",\"method\":\"GET\",\"path\":\"/a\"," +
        "\"status\":200,\"received\":3,\"sent\":4,\"duration\":0.25," +
        $"\"tunnelID\":\"{Tunnel}\",\"connection\":\"{Connection}\",\"cfRay\":\"000000000000002a-LCL\"}}\n",
        await LinesAsync(AccessLogFormat.Json));

    [Fact]
    public async Task Line_of_text_has_every_field() => Assert.Equal(
        "2026-01-02T03:04:05.678Z ip=192.0.2.7 host=demo.example method=GET path=/a status=200 received=3 sent=4 " +
        $"duration=0.250000 tunnelID={Tunnel} connection={Connection} cfRay=000000000000002a-LCL\n",
        await LinesAsync(AccessLogFormat.Text));

    [Theory]
    [InlineData(
        AccessLogFormat.Json, "{\"time\":\"2026-01-02T03:04:05.678Z\",\"ip\":\"192.0.2.7\",\"host\":\"\\\"\\n\\u001B é\",")]
    [InlineData(AccessLogFormat.Text, "2026-01-02T03:04:05.678Z ip=192.0.2.7 host=\"\\\"\\u000a\\u001b é\" ")]
    public async Task What_a_visitor_sends_stays_on_its_line_and_in_its_field(AccessLogFormat format, string start)
    {
        var line = await LinesAsync(format, host: "\"\n\u001b é", path: new string('x', 100_000), aborted: true, served: false);

        Assert.StartsWith(start, line, StringComparison.Ordinal);
        Assert.Equal(1, line.Count(character => character == '\n'));
        Assert.InRange(line.Length, ILineFormat.MaxPath, ILineFormat.MaxPath + 400);
        Assert.Contains("aborted", line, StringComparison.Ordinal);
        Assert.DoesNotContain("tunnelID", line, StringComparison.Ordinal);
        Assert.DoesNotContain("connection", line, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Lines_are_written_together_after_a_moment()
    {
        await using var log = Create();
        Add(log);
        Add(log);
        Assert.Equal(0, _written.Length);

        await _time.WaitBegunAsync(AccessLog.Gathering);
        _time.Advance(AccessLog.Gathering);

        await Deadline.UntilAsync(() => _written.Length > 0, "a line");
        Assert.Equal(2, Encoding.UTF8.GetString(_written.ToArray()).Count(character => character == '\n'));
    }

    [Fact]
    public async Task Lines_beyond_what_may_wait_are_dropped_and_counted()
    {
        var log = Create();
        var added = 0;
        while (log.Dropped < 10)
        {
            Add(log, path: new string('x', ILineFormat.MaxPath));
            added++;
        }

        await log.DisposeAsync();
        Assert.Equal(added - 10, Encoding.UTF8.GetString(_written.ToArray()).Count(character => character == '\n'));
        Assert.InRange(_written.Length, AccessLog.MaxWaitingBytes, AccessLog.MaxWaitingBytes + 4096);
    }

    [Fact]
    public async Task Lines_that_cannot_be_written_are_counted()
    {
        var log = new AccessLog(_ => throw new IOException("No space left"), AccessLogFormat.Json, _time, NullLogger.Instance);
        Add(log);
        Add(log);
        await log.DisposeAsync();

        Assert.Equal(2, log.Dropped);
    }

    [Fact]
    public async Task File_that_was_moved_away_is_begun_anew()
    {
        var directory = Directory.CreateTempSubdirectory("culvert-access-");
        try
        {
            var path = Path.Combine(directory.FullName, "access.log");
            await using var log = AccessLog.Open(new AccessLogOptions(path), _time, NullLogger.Instance);
            await WriteAsync(log, path);
            File.Move(path, path + ".1");
            await WriteAsync(log, path);

            Assert.Single(await File.ReadAllLinesAsync(path + ".1"));
            Assert.Single(await File.ReadAllLinesAsync(path));
        }
        finally
        {
            directory.Delete(recursive: true);
        }
    }

    [Fact]
    public void File_that_cannot_be_written_is_named()
    {
        var error = Assert.Throws<IOException>(
            () => AccessLog.Open(new AccessLogOptions("/nonexistent/access.log"), _time, NullLogger.Instance));
        Assert.Contains("/nonexistent/access.log", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(AccessLogFormat.Json)]
    [InlineData(AccessLogFormat.Text)]
    public async Task Line_allocates_nothing(AccessLogFormat format)
    {
        const int Lines = 50;
        await using var log = Create(format);
        for (var i = 0; i < Lines; i++)
        {
            Add(log);
        }

        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < Lines; i++)
        {
            Add(log);
        }

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    private async Task WriteAsync(AccessLog log, string path)
    {
        Add(log);
        await _time.WaitBegunAsync(AccessLog.Gathering);
        _time.Advance(AccessLog.Gathering);
        await Deadline.UntilAsync(() => new FileInfo(path) is { Exists: true, Length: > 0 }, "a file with a line");
    }

    private async Task<string> LinesAsync(
        AccessLogFormat format, string host = "demo.example", string path = "/a", bool aborted = false, bool served = true)
    {
        var log = Create(format);
        Add(log, host, path, aborted, served);
        await log.DisposeAsync();
        return Encoding.UTF8.GetString(_written.ToArray());
    }

    private AccessLog Create(AccessLogFormat format = AccessLogFormat.Json) =>
        new(lines => _written.Write(lines.Span), format, _time, NullLogger.Instance);

    private static void Add(
        AccessLog log, string host = "demo.example", string path = "/a", bool aborted = false, bool served = true) => log.Add(
        new AccessLogEntry
        {
            Time = new DateTimeOffset(2026, 1, 2, 3, 4, 5, 678, TimeSpan.Zero),
            Address = "192.0.2.7"u8,
            Host = host,
            Method = "GET",
            Path = path,
            Status = 200,
            Received = 3,
            Sent = 4,
            Duration = TimeSpan.FromSeconds(0.25),
            Tunnel = served ? Tunnel : Guid.Empty,
            Connection = served ? Connection : Guid.Empty,
            Ray = new RayId(42, "LCL"),
            Aborted = aborted,
        });
}
