using System.IO.Pipelines;
using Culvert.Transports.Headers;
using Culvert.Transports.Streams;

namespace Culvert.Edge.Visitors;

/// <summary>Carries a WebSocket: the upgrade, then raw bytes until either side ends (E-12, E-18).</summary>
internal static class WebSocketRelay
{
    private const int StatusSwitchingProtocols = 101;

    /// <exception cref="IOException">The connector was lost.</exception>
    public static async Task RunAsync(Visitor visitor, ConnectorStream stream)
    {
        var head = await stream.ReadHeadAsync(visitor.Aborted).ConfigureAwait(false);
        if (head.Source != ResponseSource.Origin)
        {
            await ErrorPage.WriteAsync(visitor, EdgeError.From(head.Source)).ConfigureAwait(false);
            return;
        }

        VisitorResponse.SetHead(visitor, head);
        if (head.Status != StatusSwitchingProtocols)
        {
            await PipeCopy.RunAsync(stream.Input, visitor.ResponseBody, visitor.Aborted, visitor.Sent).ConfigureAwait(false);
            return;
        }

        visitor.ResponseHeaders.Upgrade = "websocket";
        var socket = await visitor.Upgrade!.UpgradeAsync().ConfigureAwait(false);
        await using (socket.ConfigureAwait(false))
        {
            await CopyBothWaysAsync(visitor, stream, socket).ConfigureAwait(false);
        }
    }

    private static async Task CopyBothWaysAsync(Visitor visitor, ConnectorStream stream, Stream socket)
    {
        var fromVisitor = PipeReader.Create(
            socket, new StreamPipeReaderOptions(bufferSize: 16 * 1024, leaveOpen: true, useZeroByteReads: true));
        var toVisitor = PipeWriter.Create(socket, new StreamPipeWriterOptions(leaveOpen: true));
        try
        {
            await TwoWayCopy.RunAsync(
                    stream.Input, toVisitor, fromVisitor, stream.Output, visitor.Aborted, visitor.Sent, visitor.Received)
                .ConfigureAwait(false);
        }
        catch (Exception)
        {
            // The connector was lost, or the visitor: cut, so that nobody sees an orderly end.
            visitor.Abort();
        }
        finally
        {
            await fromVisitor.CompleteAsync().ConfigureAwait(false);
            await toVisitor.CompleteAsync().ConfigureAwait(false);
        }
    }
}
