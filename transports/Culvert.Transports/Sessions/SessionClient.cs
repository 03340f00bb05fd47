using System.Buffers;
using System.IO.Pipelines;
using Culvert.CapnProto.Rpc;
using Culvert.Transports.DataStreams;
using Culvert.Transports.Schema;

namespace Culvert.Transports.Sessions;

/// <summary>
/// Calls SessionManager over an RPC stream that this side opened: the edge to open and end sessions, the connector to tell that
/// one ended. Writes the stream's signature and Bootstrap when it is made. Thread-safe.
/// </summary>
/// <remarks>A connector ends such a stream 5 s after it began, so a stream is for one call or a short burst.</remarks>
public sealed class SessionClient : IAsyncDisposable
{
    private static readonly TunnelMethod Register = new(
        SessionManagerInterface.Id, SessionManagerInterface.RegisterUdpSession, "SessionManager.registerUdpSession");

    private static readonly TunnelMethod Unregister = new(
        SessionManagerInterface.Id, SessionManagerInterface.UnregisterUdpSession, "SessionManager.unregisterUdpSession");

    private readonly TunnelPeer _peer;

    /// <summary>Starts the conversation.</summary>
    /// <param name="stream">A new stream, on which nothing was sent. The client completes both halves.</param>
    /// <param name="time">Measures how long closing may take; null for the system's time.</param>
    public SessionClient(IDuplexPipe stream, TimeProvider? time = null)
    {
        ArgumentNullException.ThrowIfNull(stream);
        stream.Output.Write(StreamPreamble.RpcSignature);
        _peer = new TunnelPeer(stream, time);
    }

    /// <summary>Ends like <see cref="Registration.RegistrationClient.Completion"/>.</summary>
    public Task Completion => _peer.Completion;

    /// <summary>Opens a session.</summary>
    /// <param name="request">What to open; its <see cref="UdpSessionRequest.CloseAfterIdle"/> must not be negative.</param>
    /// <param name="cancellationToken">Gives up; the other side is told at once.</param>
    /// <returns>Success or refusal.</returns>
    /// <exception cref="RpcException">The other side answered with an exception, or the stream ended.</exception>
    /// <exception cref="CapnProto.Messages.CapnProtoException">The results are malformed.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public ValueTask<UdpSessionResult> RegisterUdpSessionAsync(UdpSessionRequest request, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        ArgumentOutOfRangeException.ThrowIfLessThan(request.CloseAfterIdle, TimeSpan.Zero, nameof(request));
        return _peer.CallAsync(Register, request, SessionCodec.WriteRequest, SessionCodec.ReadResult, cancellationToken);
    }

    /// <summary>Ends a session.</summary>
    /// <param name="sessionId">Which one.</param>
    /// <param name="message">Why, for the other side's log.</param>
    /// <param name="cancellationToken">Gives up; the other side is told at once.</param>
    /// <returns>A task.</returns>
    /// <exception cref="RpcException">The other side answered with an exception, or the stream ended.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public ValueTask UnregisterUdpSessionAsync(Guid sessionId, string message, CancellationToken cancellationToken) =>
        _peer.CallAsync(Unregister, (sessionId, message), SessionCodec.WriteUnregister, cancellationToken);

    /// <summary>Says goodbye; see <see cref="Registration.RegistrationClient.CloseAsync"/>.</summary>
    /// <returns>
    /// A task that ends when nothing touches the stream any more; a peer that does not read delays it by a second.
    /// </returns>
    public ValueTask CloseAsync() => _peer.CloseAsync();

    /// <summary>The same as <see cref="CloseAsync"/>.</summary>
    /// <returns>A task that ends when nothing touches the stream any more.</returns>
    public ValueTask DisposeAsync() => CloseAsync();
}
