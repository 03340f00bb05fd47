using System.IO.Pipelines;
using Culvert.Engine.Origins.Dialing;
using Culvert.Engine.Origins.Tcp;
using Culvert.Engine.Origins.WebSockets;
using Culvert.Transports.Streams;

namespace Culvert.Engine.Origins.Socks;

/// <summary>A SOCKS5 server inside a WebSocket (http2-and-proxy, section 7.1).</summary>
internal static class SocksStream
{
    private const int BufferedBytes = 64 * 1024;

    /// <summary>Connects where a client wants; fails with <see cref="SocksException"/>.</summary>
    public delegate ValueTask<TcpConnection> Connector(SocksAddress destination, CancellationToken cancellationToken);

    /// <summary>Serves one client to its end. What it does not get ends the stream in order, as in the original.</summary>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    /// <exception cref="IOException">The tunnel or the origin failed.</exception>
    public static async Task RunAsync(WebSocketEndpoint client, Connector connect, CancellationToken cancellationToken)
    {
        var plain = new Pipe(new PipeOptions(
            pauseWriterThreshold: BufferedBytes, resumeWriterThreshold: BufferedBytes / 2, useSynchronizationContext: false));
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var receiving = ReceiveAsync(client, plain.Writer, ended.Token);
        try
        {
            await ServeAsync(client, plain.Reader, connect, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (e is SocksException or EndOfStreamException)
        {
            // The client has its reply, or is gone.
        }
        finally
        {
            await plain.Reader.CompleteAsync().ConfigureAwait(false);
            await ended.CancelAsync().ConfigureAwait(false);
            await receiving.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private static async Task ReceiveAsync(WebSocketEndpoint client, PipeWriter plain, CancellationToken cancellationToken)
    {
        Exception? failure = null;
        try
        {
            await client.ReceiveAsync(plain, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e)
        {
            failure = e;
        }

        await plain.CompleteAsync(failure).ConfigureAwait(false);
    }

    private static async Task ServeAsync(
        WebSocketEndpoint client, PipeReader plain, Connector connect, CancellationToken cancellationToken)
    {
        var handshake = new SocksHandshake(plain, client.SendAsync);
        TcpConnection origin;
        try
        {
            var destination = await handshake.ReadAsync(cancellationToken).ConfigureAwait(false);
            origin = await connect(destination, cancellationToken).ConfigureAwait(false);
        }
        catch (SocksException e)
        {
            await handshake.FailAsync(e, cancellationToken).ConfigureAwait(false);
            throw;
        }

        await using (origin.ConfigureAwait(false))
        {
            await handshake.SucceedAsync(SocksAddress.Of(origin.LocalAddress), cancellationToken).ConfigureAwait(false);
            await TcpInWebSocket.CopyAsync(client, origin, Forward, cancellationToken).ConfigureAwait(false);
        }

        async ValueTask Forward(CancellationToken token) =>
            await PipeCopy.RunAsync(plain, origin.Output, token).ConfigureAwait(false);
    }
}
