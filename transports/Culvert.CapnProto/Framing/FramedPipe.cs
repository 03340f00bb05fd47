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
    /// <exception cref="OperationCanceledException">The token or <see cref="PipeReader.CancelPendingRead"/> ended the wait.</exception>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public static async ValueTask<bool> ReadFrameAsync(
        this MessageReader message, PipeReader input, CancellationToken cancellationToken = default)
    {
        while (true)
        {
            var result = await input.ReadAsync(cancellationToken).ConfigureAwait(false);
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

            if (result.IsCompleted)
            {
                return buffer.IsEmpty ? false : throw new CapnProtoException("capnp: the stream ended inside a message");
            }
        }
    }

    /// <summary>Writes a message as one unpacked frame, without flushing.</summary>
    /// <param name="message">The message.</param>
    /// <param name="output">Gets the whole frame in one piece.</param>
    public static void WriteFrame(this MessageBuilder message, IBufferWriter<byte> output) => output.Write(message.Frame.Span);
}
