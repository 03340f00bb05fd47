using System.IO.Pipelines;
using System.Net;
using System.Runtime.CompilerServices;
using Culvert.CapnProto.Messages;
using Culvert.CapnProto.Rpc;
using Culvert.Transports.AsyncMethods;
using Culvert.Transports.Configuration;
using Culvert.Transports.Connections;
using Culvert.Transports.Datagrams;
using Culvert.Transports.DataStreams;
using Culvert.Transports.Quic.Providers;
using Culvert.Transports.Sessions;
using Culvert.Transports.Streams;

namespace Culvert.Transports.Quic.EdgeRole;

/// <summary>A QUIC connection of a connector: the connector opens the control stream, the edge opens the data streams.</summary>
public sealed class QuicConnectorConnection : ConnectorConnection
{
    private readonly IQuicConnection _connection;
    private Task _accepting = Task.CompletedTask;

    internal QuicConnectorConnection(IQuicConnection connection)
    {
        _connection = connection;
        RemoteEndPoint = connection.RemoteEndPoint;
    }

    /// <inheritdoc/>
    public override string Protocol => "quic";

    /// <inheritdoc/>
    public override IPEndPoint RemoteEndPoint { get; }

    /// <inheritdoc/>
    public override CancellationToken Closed => _connection.ClosedToken;

    /// <inheritdoc/>
    public override IDatagramConnection? Datagrams => _connection as IDatagramConnection;

    /// <inheritdoc/>
    public override async ValueTask<IDuplexPipe> GetControlStreamAsync(CancellationToken cancellationToken)
    {
        try
        {
            // The first stream of the connector has no signature (quic-and-rpc, section 2.1).
            var stream = await _connection.AcceptAsync(cancellationToken).ConfigureAwait(false);
            _accepting = AcceptRpcStreamsAsync();
            return stream;
        }
        catch (IOException e)
        {
            throw new ConnectorLostException($"the connection ended before its control stream: {e.Message}", e);
        }
    }

    /// <inheritdoc/>
    [AsyncMethodBuilder(typeof(PooledMethodBuilder<>))]
    public override async ValueTask<ConnectorStream> OpenStreamAsync(RequestHead request, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        var stream = QuicConnectorStreamPool.Rent(await OpenAsync(cancellationToken).ConfigureAwait(false), request.Kind);
        try
        {
            await stream.StartAsync(request, cancellationToken).ConfigureAwait(false);
            return stream;
        }
        catch
        {
            await stream.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <inheritdoc/>
    public override async ValueTask<ConfigurationUpdateResult> UpdateConfigurationAsync(
        ConfigurationUpdate update, CancellationToken cancellationToken)
    {
        await using var stream = await OpenAsync(cancellationToken).ConfigureAwait(false);
        await using var client = new ConfigurationClient(stream);
        try
        {
            return await client.UpdateConfigurationAsync(update, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (e is RpcException or CapnProtoException or IOException)
        {
            throw new ConnectorLostException($"configuration update not answered: {e.Message}", e);
        }
    }

    /// <inheritdoc/>
    public override async ValueTask<UdpSessionResult> RegisterUdpSessionAsync(
        UdpSessionRequest request, CancellationToken cancellationToken)
    {
        await using var stream = await OpenAsync(cancellationToken).ConfigureAwait(false);
        await using var client = new SessionClient(stream);
        try
        {
            return await client.RegisterUdpSessionAsync(request, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (e is RpcException or CapnProtoException or IOException)
        {
            throw new ConnectorLostException($"registration of a UDP session not answered: {e.Message}", e);
        }
    }

    /// <inheritdoc/>
    public override async ValueTask UnregisterUdpSessionAsync(
        Guid sessionId, string message, CancellationToken cancellationToken)
    {
        await using var stream = await OpenAsync(cancellationToken).ConfigureAwait(false);
        await using var client = new SessionClient(stream);
        try
        {
            await client.UnregisterUdpSessionAsync(sessionId, message, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (e is RpcException or CapnProtoException or IOException)
        {
            throw new ConnectorLostException($"end of a UDP session not answered: {e.Message}", e);
        }
    }

    /// <inheritdoc/>
    public override async ValueTask DisposeAsync()
    {
        await _connection.CloseAsync().ConfigureAwait(false);
        await _accepting.ConfigureAwait(false);
    }

    private async ValueTask<IQuicStream> OpenAsync(CancellationToken cancellationToken)
    {
        try
        {
            return await _connection.OpenAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (IOException e)
        {
            throw new ConnectorLostException($"no stream to the connector: {e.Message}", e);
        }
    }

    // Connectors open a stream for each UDP session of theirs that ends; one at a time is served, more wait for stream credit.
    private async Task AcceptRpcStreamsAsync()
    {
        try
        {
            while (true)
            {
                var stream = await _connection.AcceptAsync(CancellationToken.None).ConfigureAwait(false);
                await using (stream.ConfigureAwait(false))
                {
                    await ServeRpcStreamAsync(stream).ConfigureAwait(false);
                }
            }
        }
        catch (IOException)
        {
            // The connection has ended.
        }
    }

    private async Task ServeRpcStreamAsync(IQuicStream stream)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(_connection.ClosedToken);
        limit.CancelAfter(CloudflaredServer.DefaultLifetime);
        try
        {
            if (await StreamPreamble.ReadSignatureAsync(stream.Input, limit.Token).ConfigureAwait(false) == StreamSignature.Rpc)
            {
                await SessionServer.ServeAsync(stream, new EndedSessions(this), limit.Token).ConfigureAwait(false);
                return;
            }
        }
        catch (Exception e) when (e is RpcException or CapnProtoException or IOException or OperationCanceledException)
        {
            // A broken conversation ends with its stream.
        }

        stream.Abort();
    }

    /// <summary>What a connector may tell about its sessions: that one has ended, any number of times (section 3.9).</summary>
    private sealed class EndedSessions(QuicConnectorConnection connection) : ISessionService
    {
        public ValueTask<UdpSessionResult> RegisterUdpSessionAsync(
            UdpSessionRequest request, CancellationToken cancellationToken) =>
            ValueTask.FromResult(new UdpSessionResult("the edge opens sessions, not the connector", default));

        public ValueTask UnregisterUdpSessionAsync(Guid sessionId, string message, CancellationToken cancellationToken)
        {
            connection.SessionEnded?.Invoke(sessionId, message);
            return ValueTask.CompletedTask;
        }
    }
}
