using System.IO.Pipelines;
using System.Runtime.CompilerServices;
using Culvert.Transports.AsyncMethods;
using Culvert.Transports.Connections;
using Culvert.Transports.Headers;
using Culvert.Transports.Streams;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Abstractions;
using Microsoft.AspNetCore.Http.Features;

namespace Culvert.Transports.Http2.ConnectorRole;

/// <summary>
/// Sorts every stream that an edge opened (http2-and-proxy, section 1.4) and hands it to the connection's handler.
/// </summary>
internal sealed class EdgeStreamApplication : IHttpApplication<Http2EdgeStream>
{
    public Http2EdgeStream CreateContext(IFeatureCollection contextFeatures)
    {
        // The server keeps one container for each of its pooled stream objects, so the stream is pooled with it.
        if (contextFeatures is not IHostContextContainer<Http2EdgeStream> container)
        {
            return new Http2EdgeStream(contextFeatures);
        }

        container.HostContext ??= new Http2EdgeStream(contextFeatures);
        container.HostContext.Attach(contextFeatures);
        return container.HostContext;
    }

    public void DisposeContext(Http2EdgeStream context, Exception? exception) => context.Detach();

    public async Task ProcessRequestAsync(Http2EdgeStream context)
    {
        var connection = context.Features.Get<IEdgeHandlerFeature>()!;
        try
        {
            switch (StreamClassification.Of(context.RequestFeature))
            {
                case EdgeStreamType.Configuration:
                    await ConfigurationStream.ServeAsync(context, connection.Handler).ConfigureAwait(false);
                    break;
                case EdgeStreamType.Control:
                    await ServeControlStreamAsync(context, connection).ConfigureAwait(false);
                    break;
                case var type:
                    await ServeRequestAsync(context, (StreamKind)type, connection.Handler).ConfigureAwait(false);
                    break;
            }
        }
        catch (HeaderLimitException e) when (!context.HeadSent)
        {
            await context.RejectAsync(ResponseSource.Connector, e.Message, context.Aborted).ConfigureAwait(false);
        }
        catch (Exception)
        {
            // Whatever failed belongs to this stream alone; the handler has logged it.
            context.Abort();
        }
    }

    // One that has to wait for a slot holds what the server has for it, and no request head.
    [AsyncMethodBuilder(typeof(PooledMethodBuilder))]
    private static async ValueTask ServeRequestAsync(Http2EdgeStream context, StreamKind kind, IEdgeConnectionHandler handler)
    {
        await handler.Slots.TakeAsync(context.Aborted).ConfigureAwait(false);
        try
        {
            context.ReadHead(kind);
            await handler.ServeRequestAsync(context).ConfigureAwait(false);
        }
        finally
        {
            handler.Slots.Return();
        }
    }

    private static async Task ServeControlStreamAsync(Http2EdgeStream context, IEdgeHandlerFeature connection)
    {
        // The edge may end its half after registration; the conversation lasts until the connection ends (section 1.5.4).
        var pipe = new ControlStreamPipe(context.Input, context.Output);
        await connection.Handler.ServeControlStreamAsync(pipe, connection.ConnectionClosed).ConfigureAwait(false);
    }

    private sealed record ControlStreamPipe(PipeReader Input, PipeWriter Output) : IDuplexPipe;
}
