using System.IO.Pipelines;
using System.Runtime.CompilerServices;
using Culvert.CapnProto.Messages;
using Culvert.Transports.AsyncMethods;
using Culvert.Transports.Schema;

namespace Culvert.Transports.DataStreams;

/// <summary>Takes the head of a data stream, which has the same shape in both directions, from a pipe.</summary>
internal static class HeadInput
{
    // More header values than any HTTP implementation accepts.
    private const int LargestMetadataCount = 16384;

    /// <summary>
    /// Reads preamble and message, however they are fragmented, and leaves what follows in the pipe.
    /// </summary>
    /// <param name="message">Gets the message.</param>
    /// <param name="input">The stream.</param>
    /// <param name="signature">Whether the signature is still to come.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="CapnProtoException">
    /// The signature is another one, the message is malformed, or the stream ended.
    /// </exception>
    [AsyncMethodBuilder(typeof(PooledMethodBuilder))]
    public static async ValueTask ReadAsync(
        MessageReader message, PipeReader input, bool signature, CancellationToken cancellationToken)
    {
        while (!Take(message, input, await input.ReadAsync(cancellationToken).ConfigureAwait(false), signature))
        {
        }
    }

    /// <summary>The same without waiting; false when the head has not come as a whole.</summary>
    /// <exception cref="CapnProtoException">
    /// The signature is another one, the message is malformed, or the stream ended.
    /// </exception>
    public static bool TryRead(MessageReader message, PipeReader input, bool signature) =>
        input.TryRead(out var result) && Take(message, input, result, signature);

    /// <summary>Visits every text once, so that none of them can fail later, where an exception would be in the way.</summary>
    /// <exception cref="CapnProtoException">A pointer is malformed, or there are too many entries.</exception>
    public static void Validate(MessageReader message, ListReader metadata)
    {
        if (metadata.Count > LargestMetadataCount)
        {
            throw new CapnProtoException("too many metadata entries");
        }

        for (var i = 0; i < metadata.Count; i++)
        {
            var entry = new Metadata(metadata.GetStruct(i));
            _ = entry.Key;
            _ = entry.Val;
        }

        message.LiftTraversalLimit();
    }

    private static bool Take(MessageReader message, PipeReader input, in ReadResult result, bool signature)
    {
        var preamble = signature ? StreamPreamble.DataBytes : StreamPreamble.Version.Length;
        var (consumed, examined) = (result.Buffer.Start, result.Buffer.End);
        var found = false;
        try
        {
            if (!result.IsCanceled && result.Buffer.Length >= preamble)
            {
                if (signature && StreamPreamble.Recognise(result.Buffer) != StreamSignature.Data)
                {
                    throw new CapnProtoException("the stream does not begin with the data signature");
                }

                // The version's value is ignored, as the reference does.
                var rest = result.Buffer.Slice(preamble);
                found = message.TryRead(ref rest);
                if (found)
                {
                    consumed = examined = rest.Start;
                }
            }
        }
        finally
        {
            input.AdvanceTo(consumed, examined);
        }

        if (!found && result.IsCanceled)
        {
            throw new OperationCanceledException("the read was cancelled");
        }

        return found || !result.IsCompleted
            ? found
            : throw new CapnProtoException("the stream ended before its head was complete");
    }
}
