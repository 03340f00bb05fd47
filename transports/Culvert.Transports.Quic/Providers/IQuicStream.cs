using System.IO.Pipelines;

namespace Culvert.Transports.Quic.Providers;

/// <summary>
/// What tunnels need of a QUIC stream. Completing the output sends FIN, or RESET_STREAM when it is completed with an exception;
/// disposing before the peer's FIN was read sends STOP_SENDING. Error codes are 0.
/// </summary>
internal interface IQuicStream : IDuplexPipe, IAsyncDisposable
{
    /// <summary>Cancelled when the peer asked us to stop sending, or when the connection ended.</summary>
    CancellationToken WritesStopped { get; }

    /// <summary>Sends STOP_SENDING.</summary>
    void AbortRead();

    /// <summary>Sends STOP_SENDING and RESET_STREAM.</summary>
    void Abort();
}
