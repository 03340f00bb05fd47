using System.Net;
using Culvert.Transports.Configuration;
using Culvert.Transports.Connections;
using Culvert.Transports.Datagrams;
using Culvert.Transports.DataStreams;
using Culvert.Transports.Quic.Providers;

namespace Culvert.Transports.Quic.ConnectorRole;

/// <summary>A QUIC connection on which the connector opens the control stream and answers the streams of the edge.</summary>
internal sealed class QuicEdgeConnection(IQuicConnection connection, byte index) : EdgeConnection
{
    private readonly QuicEdgeStreamPool _streams = new();
    private readonly StreamCount _open = new();

    public override byte Index => index;

    public override string Protocol => "quic";

    public override IPEndPoint RemoteEndPoint => connection.RemoteEndPoint;

    // The dialled address, as the reference reports it (quic-and-rpc, section 3.7).
    public override IPAddress ReportedAddress => connection.RemoteEndPoint.Address;

    public override IDatagramConnection? Datagrams => connection as IDatagramConnection;

    public override async Task ServeAsync(IEdgeConnectionHandler handler, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(handler);
        // Only begins the closing here; it is awaited below.
        await using var close = cancellationToken.UnsafeRegister(
            static c => _ = ((IQuicConnection)c!).CloseAsync().AsTask(), connection);
        var control = ServeControlStreamAsync(handler);
        await AcceptAsync(handler).ConfigureAwait(false);
        await connection.CloseAsync().ConfigureAwait(false);
        await control.ConfigureAwait(false);
        await _open.WhenNoneAsync().ConfigureAwait(false);
    }

    public override ValueTask DisposeAsync() => connection.CloseAsync();

    private async Task ServeControlStreamAsync(IEdgeConnectionHandler handler)
    {
        try
        {
            await using var stream = await connection.OpenAsync(connection.ClosedToken).ConfigureAwait(false);
            await handler.ServeControlStreamAsync(stream, connection.ClosedToken).ConfigureAwait(false);
        }
        catch (Exception e) when (e is IOException or OperationCanceledException)
        {
            // Without a control stream the connection is of no use; the handler's own failures end in its refusal.
            await connection.CloseAsync().ConfigureAwait(false);
        }
    }

    private async Task AcceptAsync(IEdgeConnectionHandler handler)
    {
        try
        {
            while (true)
            {
                var stream = await connection.AcceptAsync(CancellationToken.None).ConfigureAwait(false);
                _open.Add();
                _ = ServeStreamAsync(stream, handler);
            }
        }
        catch (IOException)
        {
            // The connection has ended, from whichever side.
        }
    }

    // Owned by the count, which ServeAsync waits for; never fails.
    private async Task ServeStreamAsync(IQuicStream stream, IEdgeConnectionHandler handler)
    {
        try
        {
            switch (await StreamPreamble.ReadSignatureAsync(stream.Input, connection.ClosedToken).ConfigureAwait(false))
            {
                case StreamSignature.Data:
                    await ServeRequestAsync(stream, handler).ConfigureAwait(false);
                    break;
                case StreamSignature.Rpc:
                    await CloudflaredServer.ServeAsync(
                        stream, handler, handler.Sessions, CloudflaredServer.DefaultLifetime, time: null, connection.ClosedToken)
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
        finally
        {
            await stream.DisposeAsync().ConfigureAwait(false);
            _open.Remove();
        }
    }

    private async ValueTask ServeRequestAsync(IQuicStream stream, IEdgeConnectionHandler handler)
    {
        var request = _streams.Rent(stream);
        try
        {
            if (await request.ReadHeadAsync(connection.ClosedToken).ConfigureAwait(false) is { } error)
            {
                await request.RejectAsync(Headers.ResponseSource.Connector, error, connection.ClosedToken).ConfigureAwait(false);
                return;
            }

            await handler.ServeRequestAsync(request).ConfigureAwait(false);
            await request.Output.FlushAsync(connection.ClosedToken).ConfigureAwait(false);
        }
        finally
        {
            _streams.Return(request);
        }
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
