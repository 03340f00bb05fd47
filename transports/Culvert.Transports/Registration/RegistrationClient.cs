using System.IO.Pipelines;
using Culvert.CapnProto.Rpc;
using Culvert.Transports.Schema;

namespace Culvert.Transports.Registration;

/// <summary>
/// The connector's side of a control stream. Sends Bootstrap when it is made, and calls without waiting for its answer.
/// Thread-safe; calls may overlap.
/// </summary>
/// <remarks>
/// No call has a time limit of its own: whoever calls gives a token. Unlike the reference, a call also ends when the edge never
/// answers the Bootstrap.
/// </remarks>
public sealed class RegistrationClient : IAsyncDisposable
{
    private const ulong Id = RegistrationServerInterface.Id;

    private static readonly TunnelMethod Register = new(
        Id, RegistrationServerInterface.RegisterConnection, "RegistrationServer.registerConnection");

    private static readonly TunnelMethod Unregister = new(
        Id, RegistrationServerInterface.UnregisterConnection, "RegistrationServer.unregisterConnection");

    private static readonly TunnelMethod UpdateLocal = new(
        Id, RegistrationServerInterface.UpdateLocalConfiguration, "RegistrationServer.updateLocalConfiguration");

    private readonly TunnelPeer _edge;

    /// <summary>Starts the conversation.</summary>
    /// <param name="stream">The control stream, on which nothing was sent. The client completes both halves.</param>
    /// <param name="time">Measures how long closing may take; null for the system's time.</param>
    public RegistrationClient(IDuplexPipe stream, TimeProvider? time = null) => _edge = new TunnelPeer(stream, time);

    /// <summary>
    /// Ends when the edge said goodbye or ended the stream, or after <see cref="CloseAsync"/>. Fails when the edge aborted for
    /// another reason, sent what is no RPC, or the stream broke.
    /// </summary>
    public Task Completion => _edge.Completion;

    /// <summary>Registers the connection.</summary>
    /// <param name="request">Who wants to serve what.</param>
    /// <param name="cancellationToken">Gives up; the edge is told at once.</param>
    /// <returns>Acceptance or refusal.</returns>
    /// <exception cref="RpcException">
    /// The edge answered with an exception or with results that make no sense, or the stream ended. The registration counts as
    /// refused for good.
    /// </exception>
    /// <exception cref="CapnProto.Messages.CapnProtoException">The results are malformed.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public ValueTask<RegistrationResult> RegisterConnectionAsync(RegistrationRequest request, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        return _edge.CallAsync(
            Register, request, RegistrationCodec.WriteRequest, RegistrationCodec.ReadResult, cancellationToken);
    }

    /// <summary>Tells the edge which configuration the connector runs with.</summary>
    /// <param name="json">UTF-8 JSON; copied before the method returns.</param>
    /// <param name="cancellationToken">Gives up; the edge is told at once.</param>
    /// <returns>A task.</returns>
    /// <exception cref="RpcException">The edge answered with an exception, or the stream ended.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public ValueTask UpdateLocalConfigurationAsync(ReadOnlyMemory<byte> json, CancellationToken cancellationToken) =>
        _edge.CallAsync(
            UpdateLocal,
            json,
            static (content, json) =>
                new UpdateLocalConfigurationParams.Builder(content.InitStruct(UpdateLocalConfigurationParams.Size))
                    .SetConfig(json.Span),
            cancellationToken);

    /// <summary>Tells the edge that the connection will shut down.</summary>
    /// <param name="cancellationToken">Gives up; the edge is told at once.</param>
    /// <returns>A task.</returns>
    /// <exception cref="RpcException">The edge answered with an exception, or the stream ended.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public ValueTask UnregisterConnectionAsync(CancellationToken cancellationToken) =>
        _edge.CallAsync(Unregister, cancellationToken);

    /// <summary>
    /// Says goodbye: Release, Abort "rpc: shutdown", end of the output. Open calls fail with "rpc: connection closed".
    /// </summary>
    /// <returns>
    /// A task that ends when nothing touches the stream any more; a peer that does not read delays it by a second.
    /// </returns>
    public ValueTask CloseAsync() => _edge.CloseAsync();

    /// <summary>The same as <see cref="CloseAsync"/>.</summary>
    /// <returns>A task that ends when nothing touches the stream any more.</returns>
    public ValueTask DisposeAsync() => CloseAsync();
}
