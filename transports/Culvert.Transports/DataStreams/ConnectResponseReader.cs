using System.IO.Pipelines;
using System.Runtime.CompilerServices;
using Culvert.CapnProto.Messages;
using Culvert.Transports.AsyncMethods;
using Culvert.Transports.Schema;

namespace Culvert.Transports.DataStreams;

/// <summary>
/// The head of a data stream's answer as an edge reads it; made once and used for stream after stream. It owns one copy of the
/// message (the pipe goes on to carry the body); everything that it gives borrows from that copy until it reads again, is reset
/// or is disposed. Not thread-safe. Allocates nothing in the steady state.
/// </summary>
public sealed class ConnectResponseReader : IDisposable
{
    private readonly MessageReader _message;
    private ConnectResponse _response;
    private ListReader _metadata;

    /// <summary>Makes a reader that holds nothing.</summary>
    /// <param name="limits">What it accepts; null for the protocol's limits (64 MiB). At most 16384 metadata entries.</param>
    public ConnectResponseReader(MessageLimits? limits = null) => _message = new MessageReader(limits);

    /// <summary>Why the connector could not serve the stream; empty for success.</summary>
    public ReadOnlySpan<byte> Error => _response.Error;

    /// <summary>The metadata.</summary>
    public MetadataList Metadata => new(_metadata);

    /// <summary>
    /// Reads signature, version and message. What follows the message stays in the pipe. After success no property throws.
    /// </summary>
    /// <param name="input">The stream.</param>
    /// <param name="cancellationToken">Ends the wait; there is no other time limit.</param>
    /// <returns>A task.</returns>
    /// <exception cref="CapnProtoException">
    /// The signature is another one, the message is malformed, or the stream ended.
    /// </exception>
    /// <exception cref="OperationCanceledException">
    /// The token or <see cref="PipeReader.CancelPendingRead"/> ended the wait.
    /// </exception>
    public ValueTask ReadAsync(PipeReader input, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(input);
        Reset();
        try
        {
            // Mostly the head is there already, and then nothing has to be set up for waiting.
            if (!cancellationToken.IsCancellationRequested && HeadInput.TryRead(_message, input, signature: true))
            {
                Accept();
                return default;
            }
        }
        catch (Exception e) when (e is CapnProtoException or OperationCanceledException)
        {
            return ValueTask.FromException(e);
        }

        return WaitAsync(input, cancellationToken);
    }

    /// <summary>Forgets the head and gives its buffer back. The reader can be used again.</summary>
    public void Reset()
    {
        _message.Reset();
        _response = default;
        _metadata = default;
    }

    /// <summary>The same as <see cref="Reset"/>.</summary>
    public void Dispose() => Reset();

    [AsyncMethodBuilder(typeof(PooledMethodBuilder))]
    private async ValueTask WaitAsync(PipeReader input, CancellationToken cancellationToken)
    {
        await HeadInput.ReadAsync(_message, input, signature: true, cancellationToken).ConfigureAwait(false);
        Accept();
    }

    private void Accept()
    {
        try
        {
            _response = new ConnectResponse(_message.Root.AsStruct());
            _metadata = _response.Metadata;
            _ = _response.Error;
            HeadInput.Validate(_message, _metadata);
        }
        catch
        {
            Reset();
            throw;
        }
    }
}
