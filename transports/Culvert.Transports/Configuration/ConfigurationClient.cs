using System.Buffers;
using System.IO.Pipelines;
using Culvert.CapnProto.Rpc;
using Culvert.Transports.DataStreams;
using Culvert.Transports.Schema;

namespace Culvert.Transports.Configuration;

/// <summary>
/// Sends configurations to a connector over an RPC stream that the edge opened. Writes the stream's signature and Bootstrap
/// when it is made. Thread-safe.
/// </summary>
/// <remarks>A connector ends such a stream 5 s after it began, so a stream is for one call or a short burst.</remarks>
public sealed class ConfigurationClient : IAsyncDisposable
{
    private static readonly TunnelMethod Update = new(
        ConfigurationManagerInterface.Id,
        ConfigurationManagerInterface.UpdateConfiguration,
        "ConfigurationManager.updateConfiguration");

    private readonly TunnelPeer _connector;

    /// <summary>Starts the conversation.</summary>
    /// <param name="stream">A new stream, on which nothing was sent. The client completes both halves.</param>
    /// <param name="time">Measures how long closing may take; null for the system's time.</param>
    public ConfigurationClient(IDuplexPipe stream, TimeProvider? time = null)
    {
        ArgumentNullException.ThrowIfNull(stream);
        stream.Output.Write(StreamPreamble.RpcSignature);
        _connector = new TunnelPeer(stream, time);
    }

    /// <summary>Ends like <see cref="Registration.RegistrationClient.Completion"/>.</summary>
    public Task Completion => _connector.Completion;

    /// <summary>Sends a configuration.</summary>
    /// <param name="update">The configuration.</param>
    /// <param name="cancellationToken">Gives up; the connector is told at once.</param>
    /// <returns>What the connector has in force.</returns>
    /// <exception cref="RpcException">The connector answered with an exception, or the stream ended.</exception>
    /// <exception cref="CapnProto.Messages.CapnProtoException">The results are malformed.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public ValueTask<ConfigurationUpdateResult> UpdateConfigurationAsync(
        ConfigurationUpdate update, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(update);
        return _connector.CallAsync(
            Update, update, ConfigurationCodec.WriteUpdate, ConfigurationCodec.ReadResult, cancellationToken);
    }

    /// <summary>Says goodbye; see <see cref="Registration.RegistrationClient.CloseAsync"/>.</summary>
    /// <returns>
    /// A task that ends when nothing touches the stream any more; a peer that does not read delays it by a second.
    /// </returns>
    public ValueTask CloseAsync() => _connector.CloseAsync();

    /// <summary>The same as <see cref="CloseAsync"/>.</summary>
    /// <returns>A task that ends when nothing touches the stream any more.</returns>
    public ValueTask DisposeAsync() => CloseAsync();
}
