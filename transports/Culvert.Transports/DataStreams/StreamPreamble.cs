using System.Buffers;
using System.IO.Pipelines;
using System.Runtime.CompilerServices;
using Culvert.Transports.AsyncMethods;

namespace Culvert.Transports.DataStreams;

/// <summary>What the first bytes of a stream say.</summary>
public enum StreamSignature
{
    /// <summary>The stream ended before its signature was complete.</summary>
    Ended = 0,

    /// <summary>A data stream: version, ConnectRequest or ConnectResponse, then raw bytes.</summary>
    Data = 1,

    /// <summary>An RPC stream.</summary>
    Rpc = 2,

    /// <summary>Neither.</summary>
    Unknown = 3,
}

/// <summary>The fixed bytes at the start of the streams of a QUIC tunnel connection, except the control stream.</summary>
public static class StreamPreamble
{
    /// <summary>Length of a signature.</summary>
    public const int SignatureBytes = 6;

    /// <summary>Length of a data stream's preamble: signature and version.</summary>
    public const int DataBytes = 8;

    /// <summary>Starts a data stream, in both directions.</summary>
    public static ReadOnlySpan<byte> DataSignature => [0x0a, 0x36, 0xcd, 0x12, 0xa1, 0x3e];

    /// <summary>Starts an RPC stream, in the direction of its opener only.</summary>
    public static ReadOnlySpan<byte> RpcSignature => [0x52, 0xbb, 0x82, 0x5c, 0xdb, 0x65];

    /// <summary>Follows <see cref="DataSignature"/>; readers ignore its value.</summary>
    public static ReadOnlySpan<byte> Version => "01"u8;

    /// <summary>
    /// Reads the signature of a stream that the peer opened. It is consumed if it is known; otherwise the bytes stay in the pipe,
    /// for a log. Allocates nothing in the steady state.
    /// </summary>
    /// <param name="input">The stream, from its first byte.</param>
    /// <param name="cancellationToken">Ends the wait; there is no other time limit.</param>
    /// <returns>What the stream is.</returns>
    /// <exception cref="OperationCanceledException">
    /// The token or <see cref="PipeReader.CancelPendingRead"/> ended the wait.
    /// </exception>
    [AsyncMethodBuilder(typeof(PooledMethodBuilder<>))]
    public static async ValueTask<StreamSignature> ReadSignatureAsync(PipeReader input, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(input);
        var result = await input.ReadAtLeastAsync(SignatureBytes, cancellationToken).ConfigureAwait(false);
        var kind = Recognise(result.Buffer);
        input.AdvanceTo(
            kind is StreamSignature.Data or StreamSignature.Rpc
                ? result.Buffer.GetPosition(SignatureBytes) : result.Buffer.Start);
        return kind == StreamSignature.Ended && result.IsCanceled
            ? throw new OperationCanceledException("the read was cancelled")
            : kind;
    }

    internal static StreamSignature Recognise(in ReadOnlySequence<byte> buffer)
    {
        if (buffer.Length < SignatureBytes)
        {
            return StreamSignature.Ended;
        }

        Span<byte> signature = stackalloc byte[SignatureBytes];
        buffer.Slice(0, SignatureBytes).CopyTo(signature);
        return signature.SequenceEqual(DataSignature) ? StreamSignature.Data
            : signature.SequenceEqual(RpcSignature) ? StreamSignature.Rpc
            : StreamSignature.Unknown;
    }
}
