using System.Buffers;
using System.IO.Pipelines;
using System.Runtime.CompilerServices;
using Culvert.CapnProto.Messages;

namespace Culvert.CapnProto.Framing;

/// <summary>Unpacked frames over pipes.</summary>
public static class FramedPipe
{
    /// <summary>
    /// Takes the next frame from a pipe, however it is fragmented. Bytes behind the frame stay in the pipe. A message that is
    /// announced but not sent costs nothing: the pipe holds what has arrived, and the reader rents once all of it is there.
    /// </summary>
    /// <param name="message">Holds the message afterwards. Allocates nothing in the steady state.</param>
    /// <param name="input">The pipe; only one read at a time.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>False when the pipe ended between two frames.</returns>
    /// <exception cref="CapnProtoException">A limit is exceeded, or the pipe ended inside a frame.</exception>
    /// <exception cref="OperationCanceledException">
    /// The token or <see cref="PipeReader.CancelPendingRead"/> ended the wait.
    /// </exception>
    public static ValueTask<bool> ReadFrameAsync(
        this MessageReader message, PipeReader input, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(message);
        ArgumentNullException.ThrowIfNull(input);
        try
        {
            // Mostly the bytes are there already, and then nothing has to be set up for waiting.
            if (!cancellationToken.IsCancellationRequested && input.TryRead(out var result)
                && Take(message, input, result) is { } found)
            {
                return ValueTask.FromResult(found);
            }
        }
        catch (Exception e) when (e is CapnProtoException or OperationCanceledException)
        {
            return ValueTask.FromException<bool>(e);
        }

        return WaitAsync(message, input, cancellationToken);
    }

    /// <summary>Writes a message as one unpacked frame, without flushing.</summary>
    /// <param name="message">The message.</param>
    /// <param name="output">Gets the whole frame in one piece.</param>
    public static void WriteFrame(this MessageBuilder message, IBufferWriter<byte> output) => output.Write(message.Frame.Span);

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private static async ValueTask<bool> WaitAsync(MessageReader message, PipeReader input, CancellationToken cancellationToken)
    {
        while (true)
        {
            var result = await input.ReadAsync(cancellationToken).ConfigureAwait(false);
            if (Take(message, input, result) is { } found)
            {
                return found;
            }
        }
    }

    /// <summary>Looks at what has come: a message, the end, or (null) neither.</summary>
    private static bool? Take(MessageReader message, PipeReader input, in ReadResult result)
    {
        var buffer = result.Buffer;
        var found = false;
        try
        {
            found = !result.IsCanceled && message.TryRead(ref buffer);
        }
        finally
        {
            input.AdvanceTo(buffer.Start, found ? buffer.Start : buffer.End);
        }

        if (found)
        {
            return true;
        }

        if (result.IsCanceled)
        {
            throw new OperationCanceledException("the read was cancelled");
        }

        return !result.IsCompleted ? null
            : buffer.IsEmpty ? false
            : throw new CapnProtoException("capnp: the stream ended inside a message");
    }
}
