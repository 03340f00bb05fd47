using System.Buffers;
using Microsoft.Extensions.Logging;

namespace Culvert.Edge.AccessLogs;

/// <summary>
/// Writes a line for each request, many at a time and behind the requests' backs. A line allocates nothing; lines that storage
/// cannot keep up with are dropped and counted. Thread-safe.
/// </summary>
internal sealed partial class AccessLog : IAsyncDisposable
{
    /// <summary>Bytes that may wait to be written; further lines are dropped.</summary>
    public const int MaxWaitingBytes = 4 * 1024 * 1024;

    /// <summary>How long a line waits for others, so that they are written together.</summary>
    public static readonly TimeSpan Gathering = TimeSpan.FromMilliseconds(100);

    private const int FirstBufferBytes = 64 * 1024;

    private readonly Lock _lock = new();
    private readonly Action<ReadOnlyMemory<byte>> _write;
    private readonly ILineFormat _format;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly SemaphoreSlim _lines = new(0, 1);
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _writing;
    private ArrayBufferWriter<byte> _waiting = new(FirstBufferBytes);
    private ArrayBufferWriter<byte> _spare = new(FirstBufferBytes);
    private int _waitingLines;
    private long _dropped;

    /// <param name="write">Writes whole lines, one call at a time.</param>
    /// <param name="format">What lines look like.</param>
    /// <param name="time">Clock of <see cref="Gathering"/>.</param>
    /// <param name="logger">Hears when lines cannot be written, once until they can.</param>
    internal AccessLog(Action<ReadOnlyMemory<byte>> write, AccessLogFormat format, TimeProvider time, ILogger logger)
    {
        _write = write;
        _format = format == AccessLogFormat.Json ? new JsonLine() : new TextLine();
        _time = time;
        _logger = logger;
        _writing = WriteAsync();
    }

    /// <summary>Lines that were not written.</summary>
    public long Dropped => Volatile.Read(ref _dropped);

    /// <summary>Opens the log.</summary>
    /// <exception cref="IOException">The file cannot be written; the text names it.</exception>
    public static AccessLog Open(AccessLogOptions options, TimeProvider time, ILogger logger)
    {
        if (options.Path == AccessLogOptions.StandardOutput)
        {
            var output = Console.OpenStandardOutput();
            return new AccessLog(lines => output.Write(lines.Span), options.Format, time, logger);
        }

        try
        {
            AddToFile(options.Path, default);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new IOException($"cannot write the access log {options.Path}: {e.Message}", e);
        }

        return new AccessLog(lines => AddToFile(options.Path, lines), options.Format, time, logger);
    }

    /// <summary>Adds a line.</summary>
    public void Add(in AccessLogEntry entry)
    {
        lock (_lock)
        {
            if (_waiting.WrittenCount >= MaxWaitingBytes)
            {
                Interlocked.Increment(ref _dropped);
                return;
            }

            _format.Write(entry, _waiting);
            if (_waitingLines++ == 0)
            {
                _lines.Release();
            }
        }
    }

    /// <summary>Writes what waits.</summary>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        await _writing.ConfigureAwait(false);
        WriteWaiting(reported: true);
        _stop.Dispose();
        _lines.Dispose();
        _format.Dispose();
    }

    private async Task WriteAsync()
    {
        var reported = false;
        try
        {
            while (true)
            {
                await _lines.WaitAsync(_stop.Token).ConfigureAwait(false);
                await Task.Delay(Gathering, _time, _stop.Token).ConfigureAwait(false);
                reported = WriteWaiting(reported);
            }
        }
        catch (OperationCanceledException)
        {
            // The node stops; the rest is written by whoever stops it.
        }
    }

    // Says whether a failure has been told and nothing was written since.
    private bool WriteWaiting(bool reported)
    {
        int lines;
        lock (_lock)
        {
            (_waiting, _spare) = (_spare, _waiting);
            (lines, _waitingLines) = (_waitingLines, 0);
        }

        try
        {
            if (lines > 0)
            {
                _write(_spare.WrittenMemory);
            }

            return false;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            Interlocked.Add(ref _dropped, lines);
            if (!reported)
            {
                LogFailed(_logger, e.Message);
            }

            return true;
        }
        finally
        {
            _spare.ResetWrittenCount();
        }
    }

    // Opened for each batch, so that a file that was moved away or cut is begun anew.
    private static void AddToFile(string path, ReadOnlyMemory<byte> lines)
    {
        var options = new FileStreamOptions
        {
            Mode = FileMode.Append,
            Access = FileAccess.Write,
            Share = FileShare.ReadWrite | FileShare.Delete,
            BufferSize = 0,
        };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead;
        }

        using var file = new FileStream(path, options);
        file.Write(lines.Span);
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "Lines of the access log are lost {error}")]
    private static partial void LogFailed(ILogger logger, string error);
}
