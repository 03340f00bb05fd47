using System.Buffers;
using System.Threading.Channels;
using Culvert.Connector.Logging;
using Microsoft.Extensions.Logging;

namespace Culvert.CommandLine.Logging;

/// <summary>
/// Events that wait for one sink. Who logs never waits: when the sink is slower than the events, the newest are dropped and
/// counted, and a line says so when it goes on. Thread-safe.
/// </summary>
internal sealed class LogQueue : IAsyncDisposable
{
    /// <summary>Events that may wait.</summary>
    public const int Capacity = 1024;

    /// <summary>Characters that may wait, about.</summary>
    public const int MaxCharacters = 4 * 1024 * 1024;

    // Lines of one call of the sink, about, when many wait.
    private const int BatchBytes = 64 * 1024;

    private static readonly TimeSpan StopLimit = TimeSpan.FromSeconds(2);

    private readonly Channel<LogRecord> _records = Channel.CreateBounded<LogRecord>(
        new BoundedChannelOptions(Capacity) { SingleReader = true });
    private readonly ArrayBufferWriter<byte> _lines = new(4096);
    private readonly ILogSink _sink;
    private readonly ILineFormat _format;
    private readonly TimeProvider _time;
    private readonly Task _writing;
    private long _characters;
    private long _dropped;
    private long _told;

    /// <summary>Takes a sink over and begins to write to it.</summary>
    public LogQueue(ILogSink sink, ILineFormat format, TimeProvider time)
    {
        _sink = sink;
        _format = format;
        _time = time;
        _writing = Task.Run(WriteAsync);
    }

    /// <summary>Events that were not written.</summary>
    public long Dropped => Volatile.Read(ref _dropped);

    /// <summary>Queues an event, or drops it.</summary>
    public void Add(LogRecord record)
    {
        if (Interlocked.Add(ref _characters, record.Size) > MaxCharacters || !_records.Writer.TryWrite(record))
        {
            Interlocked.Add(ref _characters, -record.Size);
            Interlocked.Increment(ref _dropped);
        }
    }

    /// <summary>Writes what waits, for 2 s at most, and closes the sink.</summary>
    public async ValueTask DisposeAsync()
    {
        _records.Writer.TryComplete();
        await _writing.WaitAsync(StopLimit).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (_writing.IsCompleted)
        {
            _sink.Dispose();
        }
    }

    private async Task WriteAsync()
    {
        while (await _records.Reader.WaitToReadAsync().ConfigureAwait(false))
        {
            WriteBatch();
        }

        if (Dropped != _told)
        {
            WriteBatch();
        }
    }

    private void WriteBatch()
    {
        var count = 0;
        if (Dropped is var dropped && dropped != _told)
        {
            _format.Write(Lost(dropped - _told), _lines);
        }

        while (_lines.WrittenCount < BatchBytes && _records.Reader.TryRead(out var record))
        {
            Interlocked.Add(ref _characters, -record.Size);
            _format.Write(record, _lines);
            count++;
        }

        try
        {
            _sink.Write(_lines.WrittenSpan);
            _told = dropped;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ObjectDisposedException)
        {
            // A full disk, for example: other sinks go on, and so does this one when it can.
            Interlocked.Add(ref _dropped, count);
        }

        if (_lines.Capacity > 4 * BatchBytes)
        {
            _lines.Clear();
        }

        _lines.ResetWrittenCount();
    }

    private LogRecord Lost(long events) => new(
        _time.GetUtcNow(), LogLevel.Warning, "Log lines were dropped: they came faster than they could be written",
        [new("dropped", events)]);
}
