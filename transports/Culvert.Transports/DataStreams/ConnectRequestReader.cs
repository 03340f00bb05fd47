using System.IO.Pipelines;
using System.Runtime.CompilerServices;
using Culvert.CapnProto.Messages;
using Culvert.Transports.AsyncMethods;
using Culvert.Transports.Schema;

namespace Culvert.Transports.DataStreams;

/// <summary>
/// The head of a data stream as a connector reads it; made once and used for stream after stream. It owns one copy of the message
/// (the pipe goes on to carry the body); everything that it gives borrows from that copy until it reads again, is reset or is
/// disposed. Not thread-safe. Allocates nothing in the steady state.
/// </summary>
public sealed class ConnectRequestReader : IDisposable
{
    private readonly MessageReader _message;
    private ConnectRequest _request;
    private ListReader _metadata;

    /// <summary>Makes a reader that holds nothing.</summary>
    /// <param name="limits">What it accepts; null for the protocol's limits (64 MiB). At most 16384 metadata entries.</param>
    public ConnectRequestReader(MessageLimits? limits = null) => _message = new MessageReader(limits);

    /// <summary>
    /// What the stream carries. A value that is not in the enum came from the edge; it has to be answered with an error, for
    /// which <see cref="IsTypeKnown"/> tells.
    /// </summary>
    public ConnectionType Type => (ConnectionType)_request.Type;

    /// <summary>Whether <see cref="Type"/> is one of the three known ones.</summary>
    public bool IsTypeKnown => _request.Type <= (ushort)ConnectionType.Tcp;

    /// <summary>The destination: a URL reference for HTTP, ip:port for TCP; raw bytes, may be empty.</summary>
    public ReadOnlySpan<byte> Dest => _request.Dest;

    /// <summary>The memory in which <see cref="Dest"/> and the metadata's keys and values lie.</summary>
    public ReadOnlyMemory<byte> Body => _message.Body;

    /// <summary>The metadata.</summary>
    public MetadataList Metadata => new(_metadata);

    /// <summary>
    /// Reads version and message of a stream whose signature was consumed by <see cref="StreamPreamble.ReadSignatureAsync"/>.
    /// What follows the message stays in the pipe. After success no property throws.
    /// </summary>
    /// <param name="input">The stream.</param>
    /// <param name="cancellationToken">Ends the wait; there is no other time limit.</param>
    /// <returns>A task.</returns>
    /// <exception cref="CapnProtoException">
    /// The message is malformed or beyond a limit, or the stream ended before its end.
    /// </exception>
    /// <exception cref="OperationCanceledException">
    /// The token or <see cref="PipeReader.CancelPendingRead"/> ended the wait.
    /// </exception>
    public ValueTask ReadAfterSignatureAsync(PipeReader input, CancellationToken cancellationToken) =>
        ReadAsync(input, signature: false, cancellationToken);

    /// <summary>The same as <see cref="ReadAfterSignatureAsync"/>, from the stream's first byte.</summary>
    /// <param name="input">The stream.</param>
    /// <param name="cancellationToken">Ends the wait; there is no other time limit.</param>
    /// <returns>A task.</returns>
    /// <exception cref="CapnProtoException">As above, or the signature is another one.</exception>
    /// <exception cref="OperationCanceledException">
    /// The token or <see cref="PipeReader.CancelPendingRead"/> ended the wait.
    /// </exception>
    public ValueTask ReadAsync(PipeReader input, CancellationToken cancellationToken) =>
        ReadAsync(input, signature: true, cancellationToken);

    /// <summary>Forgets the head and gives its buffer back. The reader can be used again.</summary>
    public void Reset()
    {
        _message.Reset();
        _request = default;
        _metadata = default;
    }

    /// <summary>The same as <see cref="Reset"/>.</summary>
    public void Dispose() => Reset();

    private ValueTask ReadAsync(PipeReader input, bool signature, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(input);
        Reset();
        try
        {
            // Mostly the head is there already, and then nothing has to be set up for waiting.
            if (!cancellationToken.IsCancellationRequested && HeadInput.TryRead(_message, input, signature))
            {
                Accept();
                return default;
            }
        }
        catch (Exception e) when (e is CapnProtoException or OperationCanceledException)
        {
            return ValueTask.FromException(e);
        }

        return WaitAsync(input, signature, cancellationToken);
    }

    [AsyncMethodBuilder(typeof(PooledMethodBuilder))]
    private async ValueTask WaitAsync(PipeReader input, bool signature, CancellationToken cancellationToken)
    {
        await HeadInput.ReadAsync(_message, input, signature, cancellationToken).ConfigureAwait(false);
        Accept();
    }

    private void Accept()
    {
        try
        {
            _request = new ConnectRequest(_message.Root.AsStruct());
            _metadata = _request.Metadata;
            _ = _request.Dest;
            HeadInput.Validate(_message, _metadata);
        }
        catch
        {
            Reset();
            throw;
        }
    }
}
