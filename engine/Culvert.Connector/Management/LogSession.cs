using System.Buffers;
using System.Net.WebSockets;
using System.Text;
using System.Threading.Channels;
using Culvert.Connector.Logging;

namespace Culvert.Connector.Management;

/// <summary>
/// One client of the log stream (supervisor-and-operations, section 7.2). <see cref="RunAsync"/> is its whole life.
/// </summary>
/// <param name="stream">Where the events come from.</param>
/// <param name="actor">Who the client is.</param>
/// <param name="time">The clock of idleness.</param>
internal sealed class LogSession(LogStream stream, string actor, TimeProvider time)
{
    /// <summary>Events that may wait for the client; further ones are dropped.</summary>
    public const int Buffer = 30;

    /// <summary>Largest message of a client, in bytes.</summary>
    public const int MaxMessageBytes = 32 * 1024;

    /// <summary>How long a client may be connected without listening.</summary>
    public static readonly TimeSpan IdleLimit = TimeSpan.FromMinutes(5);

    private const int MaxReasonBytes = 123;

    // A client that does not take the end is cut off.
    private static readonly TimeSpan CloseLimit = TimeSpan.FromSeconds(1);

    private readonly Channel<LogRecord> _records = Channel.CreateBounded<LogRecord>(
        new BoundedChannelOptions(Buffer) { FullMode = BoundedChannelFullMode.DropWrite, SingleReader = true });

    private readonly TaskCompletionSource<Ending> _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private LogFilter _filter = LogFilter.All;

    /// <summary>Who the client is.</summary>
    public string Actor { get; } = actor;

    /// <summary>What it wants to see.</summary>
    public LogFilter Filter
    {
        get => Volatile.Read(ref _filter);
        set => Volatile.Write(ref _filter, value);
    }

    /// <summary>Events that wait to be sent.</summary>
    public int Waiting => _records.Reader.Count;

    /// <summary>Queues an event if it passes the filter and there is room; never waits.</summary>
    public void Offer(LogRecord record)
    {
        if (Filter.Passes(record, static () => Random.Shared.Next(100)))
        {
            _records.Writer.TryWrite(record);
        }
    }

    /// <summary>Ends the session, because its actor has another one.</summary>
    public void Replace() => _ended.TrySetResult(Ending.Replaced);

    /// <summary>Talks with the client until one of them ends it, or <paramref name="stop"/> does. Never fails.</summary>
    /// <param name="socket">The connection; disposed of by the caller.</param>
    /// <param name="stop">Ends it with a close frame.</param>
    /// <param name="cancellationToken">Ends it at once.</param>
    public async Task RunAsync(WebSocket socket, CancellationToken stop, CancellationToken cancellationToken)
    {
        using var stopped = stop.UnsafeRegister(static s => ((LogSession)s!)._ended.TrySetResult(Ending.Replaced), this);
        using var over = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var sending = SendAsync(socket, over.Token);
        var receiving = ReceiveAsync(socket, over.Token);
        var first = await Task.WhenAny(sending, receiving, _ended.Task).ConfigureAwait(false);
        var ending = await first.ConfigureAwait(false);
        stream.Stop(this);
        _records.Writer.TryComplete();
        over.CancelAfter(CloseLimit);
        try
        {
            await sending.ConfigureAwait(false);
            if (ending.Status is { } status && socket.State is WebSocketState.Open or WebSocketState.CloseReceived)
            {
                await socket.CloseOutputAsync(status, Shortened(ending.Reason), over.Token).ConfigureAwait(false);
            }
        }
        catch (Exception e) when (IsEnd(e))
        {
            // The client is gone.
        }

        // Its own close frame, or the end of the time for it; afterwards nothing reads from the stream.
        await receiving.ConfigureAwait(false);
    }

    private static bool IsEnd(Exception e) =>
        e is WebSocketException or IOException or OperationCanceledException or ObjectDisposedException
            or InvalidOperationException;

    private static string Shortened(string reason)
    {
        var bytes = Encoding.UTF8.GetBytes(reason);
        var length = Math.Min(bytes.Length, MaxReasonBytes);
        while (length < bytes.Length && (bytes[length] & 0xC0) == 0x80)
        {
            length--;
        }

        return Encoding.UTF8.GetString(bytes, 0, length);
    }

    private async Task<Ending> SendAsync(WebSocket socket, CancellationToken cancellationToken)
    {
        var message = new ArrayBufferWriter<byte>(512);
        try
        {
            await foreach (var record in _records.Reader.ReadAllAsync(cancellationToken).ConfigureAwait(false))
            {
                message.ResetWrittenCount();
                LogEntryJson.Write(record, message);
                await socket.SendAsync(message.WrittenMemory, WebSocketMessageType.Text, true, cancellationToken)
                    .ConfigureAwait(false);
            }

            return Ending.Silent;
        }
        catch (Exception e) when (IsEnd(e))
        {
            return Ending.Silent;
        }
    }

    private async Task<Ending> ReceiveAsync(WebSocket socket, CancellationToken cancellationToken)
    {
        var buffer = new byte[MaxMessageBytes];
        var isStreaming = false;
        try
        {
            while (true)
            {
                var receiving = ReceiveMessageAsync(socket, buffer, cancellationToken);
                if (!isStreaming && !await EndsInTimeAsync(receiving, cancellationToken).ConfigureAwait(false))
                {
                    _ended.TrySetResult(Ending.Idle);
                }

                var (length, type) = await receiving.ConfigureAwait(false);
                var ending = type == WebSocketMessageType.Close ? Ending.ByClient
                    : length < 0 ? Ending.TooBig
                    : type == WebSocketMessageType.Binary ? Ending.Invalid("invalid message type was provided")
                    : Take(LogCommand.Parse(buffer.AsMemory(0, length)), ref isStreaming);
                if (ending.Status is not null)
                {
                    return ending;
                }
            }
        }
        catch (Exception e) when (IsEnd(e))
        {
            return Ending.Silent;
        }
    }

    private Ending Take(LogCommand command, ref bool isStreaming)
    {
        if (_ended.Task.IsCompleted)
        {
            // All that counts now is the client's close frame.
            return Ending.Silent;
        }

        switch (command)
        {
            case LogCommand.Start { Filter: { } filter }:
                isStreaming = true;
                return stream.TryStart(this, filter) ? Ending.Silent : Ending.Limit;
            case LogCommand.Start:
                return Ending.NoStart;
            case LogCommand.Stop:
                isStreaming = false;
                stream.Stop(this);
                return Ending.Silent;
            default:
                return Ending.Invalid(((LogCommand.Invalid)command).Reason);
        }
    }

    private async Task<bool> EndsInTimeAsync(Task task, CancellationToken cancellationToken)
    {
        using var over = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var limit = Task.Delay(IdleLimit, time, over.Token);
        var first = await Task.WhenAny(task, limit).ConfigureAwait(false);
        await over.CancelAsync().ConfigureAwait(false);
        return first == task || cancellationToken.IsCancellationRequested;
    }

    // A length below zero for a message that is too long.
    private static async Task<(int Length, WebSocketMessageType Type)> ReceiveMessageAsync(
        WebSocket socket, byte[] buffer, CancellationToken cancellationToken)
    {
        var length = 0;
        while (true)
        {
            if (length == buffer.Length)
            {
                return (-1, WebSocketMessageType.Text);
            }

            var received = await socket.ReceiveAsync(buffer.AsMemory(length), cancellationToken).ConfigureAwait(false);
            length += received.Count;
            if (received.EndOfMessage || received.MessageType == WebSocketMessageType.Close)
            {
                return (length, received.MessageType);
            }
        }
    }

    /// <summary>How a session ends; without a status it goes on, or the connection is gone.</summary>
    private sealed record Ending(WebSocketCloseStatus? Status, string Reason)
    {
        public static Ending Silent { get; } = new(null, "");

        public static Ending ByClient { get; } = new(WebSocketCloseStatus.NormalClosure, "");

        public static Ending Replaced { get; } = new(WebSocketCloseStatus.NormalClosure, "context closed");

        public static Ending TooBig { get; } = new(WebSocketCloseStatus.MessageTooBig, "read limited at 32769 bytes");

        public static Ending NoStart { get; } = new((WebSocketCloseStatus)4001, "expected start streaming as first event");

        public static Ending Limit { get; } = new((WebSocketCloseStatus)4002, "limit exceeded for streaming sessions");

        public static Ending Idle { get; } = new((WebSocketCloseStatus)4003, "session was idle for too long");

        public static Ending Invalid(string reason) => new(WebSocketCloseStatus.InvalidMessageType, reason);
    }
}
