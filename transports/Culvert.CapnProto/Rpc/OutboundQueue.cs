using System.IO.Pipelines;
using System.Threading.Channels;
using Culvert.CapnProto.Messages;

namespace Culvert.CapnProto.Rpc;

/// <summary>
/// The messages that wait to be written, in order. Adding never blocks, because it happens under the connection's lock; what
/// keeps the queue short is that its owner takes no further message from the peer while <see cref="WaitForRoomAsync"/> waits, and
/// that the tables of questions and answers are bounded.
/// </summary>
internal sealed class OutboundQueue(int room) : IDisposable
{
    private readonly Channel<MessageBuilder> _messages =
        Channel.CreateUnbounded<MessageBuilder>(new UnboundedChannelOptions { SingleReader = true });

    private readonly SemaphoreSlim _room = new(0);
    private int _count;
    private volatile bool _dropped;

    /// <summary>Adds a message and takes its ownership.</summary>
    public void Add(MessageBuilder message)
    {
        Interlocked.Increment(ref _count);
        if (!_messages.Writer.TryWrite(message))
        {
            message.Dispose();
        }
    }

    /// <summary>Ends the queue: what waits is still written, or dropped.</summary>
    public void Complete(bool drain)
    {
        _dropped |= !drain;
        _messages.Writer.TryComplete();
    }

    public async ValueTask WaitForRoomAsync(CancellationToken cancellationToken)
    {
        while (Volatile.Read(ref _count) > room)
        {
            await _room.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>
    /// Writes and flushes message by message until the queue is completed or the pipe's reader is gone, then completes the pipe.
    /// </summary>
    /// <returns>Null when all was written, else what went wrong; a reader that is gone is no error.</returns>
    public async Task<Exception?> WriteToAsync(PipeWriter output, CancellationToken cancellationToken)
    {
        Exception? failure = null;
        try
        {
            await foreach (var message in _messages.Reader.ReadAllAsync(cancellationToken).ConfigureAwait(false))
            {
                if (await WriteAsync(message, output, cancellationToken).ConfigureAwait(false))
                {
                    break;
                }
            }
        }
        catch (Exception e)
        {
            // The transport may fail in any way; all of them end this connection and nothing else.
            failure = e;
        }

        Complete(drain: false);
        while (_messages.Reader.TryRead(out var message))
        {
            message.Dispose();
        }

        await CompleteAsync(output).ConfigureAwait(false);
        return failure;
    }

    public void Dispose() => _room.Dispose();

    private static async ValueTask CompleteAsync(PipeWriter output)
    {
        try
        {
            await output.CompleteAsync().ConfigureAwait(false);
        }
        catch (Exception e) when (e is IOException or InvalidOperationException or OperationCanceledException)
        {
            // Ending a stream that the transport has already lost.
        }
    }

    /// <summary>True when nothing more can or may be written.</summary>
    private async ValueTask<bool> WriteAsync(MessageBuilder message, PipeWriter output, CancellationToken cancellationToken)
    {
        try
        {
            if (_dropped)
            {
                return true;
            }

            var flush = await output.WriteAsync(message.Frame, cancellationToken).ConfigureAwait(false);
            return flush.IsCompleted || flush.IsCanceled;
        }
        finally
        {
            message.Dispose();
            if (Interlocked.Decrement(ref _count) == room)
            {
                _room.Release();
            }
        }
    }
}
