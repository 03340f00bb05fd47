using System.Net;
using System.Runtime.CompilerServices;
using Culvert.CapnProto.Messages;
using Culvert.CapnProto.Rpc;
using Culvert.Transports.AsyncMethods;
using Culvert.Transports.Configuration;
using Culvert.Transports.Connections;
using Culvert.Transports.Datagrams;
using Culvert.Transports.DataStreams;
using Culvert.Transports.Headers;
using Culvert.Transports.Quic.Providers;
using Culvert.Transports.Sessions;

namespace Culvert.Transports.Quic.ConnectorRole;

/// <summary>A QUIC connection on which the connector opens the control stream and answers the streams of the edge.</summary>
internal sealed class QuicEdgeConnection : EdgeConnection, IQuicStatisticsSource
{
    private readonly IQuicConnection _connection;
    private readonly StreamCount _open = new();
    private readonly Action<QuicEdgeStream> _ended;

    public QuicEdgeConnection(IQuicConnection connection, byte index)
    {
        _connection = connection;
        _ended = OnEnded;
        Index = index;
    }

    public override byte Index { get; }

    public override string Protocol => "quic";

    public override IPEndPoint RemoteEndPoint => _connection.RemoteEndPoint;

    // The dialled address, as the reference reports it (quic-and-rpc, section 3.7).
    public override IPAddress ReportedAddress => _connection.RemoteEndPoint.Address;

    public QuicStatistics? Statistics => (_connection as QuicConnection)?.Statistics;

    public override IDatagramConnection? Datagrams => _connection as IDatagramConnection;

    public override async Task ServeAsync(IEdgeConnectionHandler handler, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(handler);
        // Only begins the closing here; it is awaited below.
        await using var close = cancellationToken.UnsafeRegister(
            static c => _ = ((IQuicConnection)c!).CloseAsync().AsTask(), _connection);
        var control = ServeControlStreamAsync(handler);
        await AcceptAsync(handler).ConfigureAwait(false);
        await _connection.CloseAsync().ConfigureAwait(false);
        await control.ConfigureAwait(false);
        await _open.WhenNoneAsync().ConfigureAwait(false);
    }

    public override async ValueTask UnregisterUdpSessionAsync(
        Guid sessionId, string message, CancellationToken cancellationToken)
    {
        await using var stream = await _connection.OpenAsync(cancellationToken).ConfigureAwait(false);
        await using var client = new SessionClient(stream);
        try
        {
            await client.UnregisterUdpSessionAsync(sessionId, message, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (e is RpcException or CapnProtoException)
        {
            throw new IOException(e.Message, e);
        }
    }

    public override ValueTask DisposeAsync() => _connection.CloseAsync();

    private async Task ServeControlStreamAsync(IEdgeConnectionHandler handler)
    {
        try
        {
            await using var stream = await _connection.OpenAsync(_connection.ClosedToken).ConfigureAwait(false);
            await handler.ServeControlStreamAsync(stream, _connection.ClosedToken).ConfigureAwait(false);
        }
        catch (Exception e) when (e is IOException or OperationCanceledException)
        {
            // Without a control stream the connection is of no use; the handler's own failures end in its refusal.
            await _connection.CloseAsync().ConfigureAwait(false);
        }
    }

    // A stream is accepted when there is a slot for it; the others stay at the edge, which gets no credit to open more of them.
    private async Task AcceptAsync(IEdgeConnectionHandler handler)
    {
        var holdsSlot = false;
        try
        {
            while (true)
            {
                await handler.Slots.TakeAsync(_connection.ClosedToken).ConfigureAwait(false);
                holdsSlot = true;
                var stream = await _connection.AcceptAsync(CancellationToken.None).ConfigureAwait(false);
                holdsSlot = false;
                _open.Add();
                var request = QuicEdgeStreamPool.Rent(stream);
                request.Follow(ServeStreamAsync(request, stream, handler), _ended);
            }
        }
        catch (Exception e) when (e is IOException or OperationCanceledException)
        {
            // The connection has ended, from whichever side.
        }
        finally
        {
            if (holdsSlot)
            {
                handler.Slots.Return();
            }
        }
    }

    // Never fails. It runs on the thread of the connection's loop until it has to wait for something else.
    [AsyncMethodBuilder(typeof(PooledMethodBuilder))]
    private async ValueTask ServeStreamAsync(QuicEdgeStream request, IQuicStream stream, IEdgeConnectionHandler handler)
    {
        try
        {
            switch (await StreamPreamble.ReadSignatureAsync(stream.Input, _connection.ClosedToken).ConfigureAwait(false))
            {
                case StreamSignature.Data
                    when await request.ReadHeadAsync(_connection.ClosedToken).ConfigureAwait(false) is { } error:
                    await request.RejectAsync(ResponseSource.Connector, error, _connection.ClosedToken).ConfigureAwait(false);
                    break;
                case StreamSignature.Data:
                    await handler.ServeRequestAsync(request).ConfigureAwait(false);
                    break;
                case StreamSignature.Rpc:
                    await CloudflaredServer.ServeAsync(
                        stream, handler, handler.Sessions, CloudflaredServer.DefaultLifetime, time: null, _connection.ClosedToken)
                        .ConfigureAwait(false);
                    break;
                default:
                    stream.Abort();
                    break;
            }
        }
        catch (Exception)
        {
            // Whatever failed belongs to this stream alone; the handler has logged it.
            stream.Abort();
        }

        try
        {
            // What was written and not flushed leaves with the end of the stream, in one write.
            await stream.DisposeAsync().ConfigureAwait(false);
        }
        catch (Exception)
        {
            // The connection is gone; there is nothing to end.
        }

        handler.Slots.Return();
    }

    private void OnEnded(QuicEdgeStream request)
    {
        QuicEdgeStreamPool.Return(request);
        _open.Remove();
    }

    /// <summary>Counts the streams that are being served, so that the connection can wait for the last one.</summary>
    private sealed class StreamCount
    {
        private readonly TaskCompletionSource _none = new(TaskCreationOptions.RunContinuationsAsynchronously);

        // One for the accept loop.
        private int _count = 1;

        public void Add() => Interlocked.Increment(ref _count);

        public void Remove()
        {
            if (Interlocked.Decrement(ref _count) == 0)
            {
                _none.TrySetResult();
            }
        }

        public Task WhenNoneAsync()
        {
            Remove();
            return _none.Task;
        }
    }
}
