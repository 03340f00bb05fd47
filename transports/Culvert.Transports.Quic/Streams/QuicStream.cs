using System.Diagnostics.CodeAnalysis;
using System.IO.Pipelines;
using Culvert.Transports.Quic.Providers;

namespace Culvert.Transports.Quic;

/// <summary>
/// One bidirectional QUIC stream (RFC 9000 section 2) as a pair of pipes.
/// </summary>
/// <remarks>
/// <para>Input: the peer's FIN completes it without error; RESET_STREAM fails the next read with
/// <see cref="QuicStreamException"/>; the end of the connection fails it with <see cref="QuicConnectionException"/>. Advancing
/// returns flow-control credit. Completing the reader before the FIN was read sends STOP_SENDING with code 0.</para>
/// <para>Output: bytes are sent from the pipe's own memory and stay counted against the send limit until acknowledged.
/// Completing the writer sends FIN after what was written; completing it with an exception sends RESET_STREAM. After the
/// peer's STOP_SENDING, or the end of the connection, flushes answer with <c>IsCompleted</c>.</para>
/// <para>The two pipes may be used from two threads, each pipe by one at a time. Both must be completed, by hand or by
/// <see cref="DisposeAsync"/>; only then may the peer open another stream in its place. The object is pooled: after
/// disposal it must not be touched.</para>
/// </remarks>
[SuppressMessage("Naming", "CA1711", Justification = "The protocol's own word; it is no System.IO.Stream.")]
public sealed class QuicStream : IQuicStream
{
    private readonly Streams.StreamCore _core;

    internal QuicStream(Streams.StreamCore core) => _core = core;

    /// <summary>The stream's number, 0 to 2^62-1; its two low bits say who opened it (RFC 9000 section 2.1).</summary>
    public long Id => _core.Id;

    /// <summary>Bytes from the peer.</summary>
    public PipeReader Input => _core.Input;

    /// <summary>Bytes to the peer.</summary>
    public PipeWriter Output => _core.Output;

    /// <summary>Cancelled when the peer asked us to stop sending, or when the connection ended.</summary>
    public CancellationToken WritesStopped => _core.WritesStopped;

    /// <summary>The code of the peer's STOP_SENDING, or null when none was seen.</summary>
    public ulong? StopCode => _core.StopCode;

    /// <summary>Sends STOP_SENDING and fails pending and later reads. The reader must still be completed.</summary>
    /// <param name="errorCode">Application error code, 0 to 2^62-1.</param>
    public void AbortRead(ulong errorCode) => _core.AbortRead(errorCode);

    /// <summary>Sends RESET_STREAM; what was not acknowledged yet may be lost. The writer must still be completed.</summary>
    /// <param name="errorCode">Application error code, 0 to 2^62-1.</param>
    public void AbortWrite(ulong errorCode) => _core.AbortWrite(errorCode);

    /// <summary>Both <see cref="AbortRead"/> and <see cref="AbortWrite"/>.</summary>
    /// <param name="errorCode">Application error code, 0 to 2^62-1.</param>
    public void Abort(ulong errorCode)
    {
        _core.AbortRead(errorCode);
        _core.AbortWrite(errorCode);
    }

    void IQuicStream.AbortRead() => AbortRead(0);

    void IQuicStream.Abort() => Abort(0);

    /// <summary>Completes both pipes if they are not yet, without waiting for the peer, and gives the object back.</summary>
    /// <returns>A completed task.</returns>
    public ValueTask DisposeAsync()
    {
        Dispose();
        return ValueTask.CompletedTask;
    }

    internal void Dispose() => _core.Dispose();
}
