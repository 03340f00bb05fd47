using System.IO.Pipelines;
using Culvert.Transports.Headers;
using Culvert.Transports.Streams;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Abstractions;
using Microsoft.AspNetCore.Http.Features;

namespace Culvert.Transports.Http2.ConnectorRole;

/// <summary>Sorts every stream that an edge opened (http2-and-proxy, section 1.4) and hands it to the connection's handler.</summary>
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
            switch (Classify(context.RequestFeature))
            {
                case EdgeStreamType.Configuration:
                    await ConfigurationStream.ServeAsync(context, connection.Handler).ConfigureAwait(false);
                    break;
                case EdgeStreamType.Control:
                    await ServeControlStreamAsync(context, connection).ConfigureAwait(false);
                    break;
                case var type:
                    context.ReadHead((StreamKind)type);
                    await connection.Handler.ServeRequestAsync(context).ConfigureAwait(false);
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

    internal static EdgeStreamType Classify(IHttpRequestFeature request)
    {
        var marker = First(request, ControlHeaders.StreamMarker);
        return marker switch
        {
            ControlHeaders.MarkerConfiguration => EdgeStreamType.Configuration,
            ControlHeaders.MarkerWebSocket => EdgeStreamType.WebSocket,
            _ when First(request, ControlHeaders.TcpSource) is { Length: > 0 } => EdgeStreamType.Tcp,
            ControlHeaders.MarkerControlStream => EdgeStreamType.Control,
            _ => EdgeStreamType.Http,
        };
    }

    private static string? First(IHttpRequestFeature request, string name) =>
        request.Headers.TryGetValue(name, out var values) && values.Count > 0 ? values[0] : null;

    private static async Task ServeControlStreamAsync(Http2EdgeStream context, IEdgeHandlerFeature connection)
    {
        // The edge may end its half after registration; the conversation lasts until the connection ends (section 1.5.4).
        var pipe = new ControlStreamPipe(context.Input, context.Output);
        await connection.Handler.ServeControlStreamAsync(pipe, connection.ConnectionClosed).ConfigureAwait(false);
    }

    private sealed record ControlStreamPipe(PipeReader Input, PipeWriter Output) : IDuplexPipe;
}

/// <summary>The five stream types; the first three have the values of <see cref="StreamKind"/>.</summary>
internal enum EdgeStreamType
{
    Http = StreamKind.Http,
    WebSocket = StreamKind.WebSocket,
    Tcp = StreamKind.Tcp,
    Control,
    Configuration,
}
