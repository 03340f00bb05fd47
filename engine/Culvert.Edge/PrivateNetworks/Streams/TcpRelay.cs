using System.IO.Pipelines;
using System.Net.Sockets;
using Culvert.Transports.Streams;

namespace Culvert.Edge.PrivateNetworks.Streams;

/// <summary>
/// Carries a TCP connection over a stream: the client's end is passed on and the other side may still answer; the other side's
/// end ends both.
/// </summary>
internal static class TcpRelay
{
    /// <summary>Copies until the destination ends.</summary>
    /// <param name="socket">The client.</param>
    /// <param name="input">What the client sends, beginning with what was read of it already.</param>
    /// <param name="stream">The stream to the connector.</param>
    /// <param name="cancellationToken">Cuts both directions.</param>
    /// <exception cref="IOException">One side was lost.</exception>
    public static async Task RunAsync(
        Socket socket, PipeReader input, ConnectorStream stream, CancellationToken cancellationToken)
    {
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var client = new NetworkStream(socket, ownsSocket: false);
        await using (client.ConfigureAwait(false))
        {
            var output = PipeWriter.Create(client, new StreamPipeWriterOptions(leaveOpen: true));
            var toClient = PipeCopy.RunAsync(stream.Input, output, ended.Token).AsTask();
            var toConnector = SendAsync(input, stream.Output, ended.Token);
            try
            {
                if (await Task.WhenAny(toClient, toConnector).ConfigureAwait(false) == toConnector)
                {
                    // Fails when the client was lost: then nobody reads the answer any more.
                    await toConnector.ConfigureAwait(false);
                }

                await toClient.ConfigureAwait(false);
                socket.Shutdown(SocketShutdown.Send);
            }
            finally
            {
                await ended.CancelAsync().ConfigureAwait(false);
                await ((Task)Task.WhenAll(toClient, toConnector)).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                await output.CompleteAsync().ConfigureAwait(false);
            }
        }
    }

    private static async Task SendAsync(PipeReader input, PipeWriter output, CancellationToken cancellationToken)
    {
        if (await PipeCopy.RunAsync(input, output, cancellationToken).ConfigureAwait(false))
        {
            await output.CompleteAsync().ConfigureAwait(false);
        }
    }
}
