using System.Globalization;
using System.Net;
using System.Net.WebSockets;
using System.Text;
using Culvert.Engine.Answers;
using Culvert.Ingress.Values;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Culvert.Engine.Origins.HelloWorld;

/// <summary>The paths of the demo server (http2-and-proxy, section 7.3).</summary>
internal sealed class HelloWorldApplication(TimeProvider time) : IHttpApplication<HttpContext>
{
    private readonly DateTimeOffset _started = time.GetUtcNow();
    private readonly long _timestamp = time.GetTimestamp();

    public HttpContext CreateContext(IFeatureCollection contextFeatures) => new DefaultHttpContext(contextFeatures);

    public void DisposeContext(HttpContext context, Exception? exception)
    {
    }

    public Task ProcessRequestAsync(HttpContext context) => context.Request.Path.Value switch
    {
        "/_health" => WriteAsync(context, WholeAnswer.PlainText, "ok"),
        "/uptime" => WriteAsync(context, WholeAnswer.Json, UptimeJson()),
        "/sse" => ServeEventsAsync(context),
        "/ws" => EchoAsync(context),
        _ => WriteAsync(context, "text/html; charset=utf-8", Page(context.Request)),
    };

    private static Task WriteAsync(HttpContext context, string contentType, string body, int status = StatusCodes.Status200OK) =>
        WholeAnswer.WriteAsync(context, status, contentType, Encoding.UTF8.GetBytes(body));

    private string UptimeJson()
    {
        var uptime = time.GetElapsedTime(_timestamp).TotalSeconds.ToString("0.###", CultureInfo.InvariantCulture);
        return $$"""{"startTime":"{{_started.UtcDateTime:yyyy-MM-ddTHH:mm:ssZ}}","uptime":"{{uptime}}s"}""";
    }

    private async Task ServeEventsAsync(HttpContext context)
    {
        var period = GoDuration.TryParse(context.Request.Query["freq"], out var parsed) && parsed >= TimeSpan.FromMilliseconds(1)
            ? parsed : TimeSpan.FromSeconds(10);
        context.Response.ContentType = "text/event-stream; charset=utf-8";
        using var timer = new PeriodicTimer(period, time);
        var number = 0;
        do
        {
            await context.Response.WriteAsync($"{number++}\n\n", context.RequestAborted).ConfigureAwait(false);
            await context.Response.Body.FlushAsync(context.RequestAborted).ConfigureAwait(false);
        }
        while (await timer.WaitForNextTickAsync(context.RequestAborted).ConfigureAwait(false));
    }

    private static async Task EchoAsync(HttpContext context)
    {
        var upgrade = context.Features.Get<IHttpUpgradeFeature>();
        if (upgrade is not { IsUpgradableRequest: true } || context.Request.Headers.SecWebSocketKey is not [{ } key])
        {
            await RefuseAsync(context, StatusCodes.Status400BadRequest, "Bad Request\n").ConfigureAwait(false);
            return;
        }

        if (!IsSameOrigin(context.Request))
        {
            await RefuseAsync(context, StatusCodes.Status403Forbidden, "Forbidden\n").ConfigureAwait(false);
            return;
        }

        context.Response.Headers.Upgrade = "websocket";
        context.Response.Headers.SecWebSocketAccept = WebSocketHandshake.AcceptKey(key);
        var stream = await upgrade.UpgradeAsync().ConfigureAwait(false);
        using var socket = WebSocket.CreateFromStream(stream, new WebSocketCreationOptions { IsServer = true });
        await EchoAsync(socket, context.RequestAborted).ConfigureAwait(false);
    }

    private static Task RefuseAsync(HttpContext context, int status, string text)
    {
        context.Response.Headers.SecWebSocketVersion = "13";
        context.Response.Headers.XContentTypeOptions = "nosniff";
        return WriteAsync(context, WholeAnswer.PlainText, text, status);
    }

    // Ports do not count: the visitor's is not the one that the tunnel ends on.
    private static bool IsSameOrigin(HttpRequest request) =>
        request.Headers.Origin is not [{ Length: > 0 } origin]
        || (Uri.TryCreate(origin, UriKind.Absolute, out var uri)
            && uri.Host.Equals(request.Host.Host, StringComparison.OrdinalIgnoreCase));

    private static async Task EchoAsync(WebSocket socket, CancellationToken cancellationToken)
    {
        var buffer = new byte[16 * 1024];
        while (socket.State == WebSocketState.Open)
        {
            var received = await socket.ReceiveAsync(buffer.AsMemory(), cancellationToken).ConfigureAwait(false);
            if (received.MessageType == WebSocketMessageType.Close)
            {
                await socket.CloseAsync(
                    socket.CloseStatus ?? WebSocketCloseStatus.NormalClosure, socket.CloseStatusDescription, cancellationToken)
                    .ConfigureAwait(false);
                return;
            }

            await socket.SendAsync(
                buffer.AsMemory(0, received.Count), received.MessageType, received.EndOfMessage, cancellationToken)
                .ConfigureAwait(false);
        }
    }

    private static string Page(HttpRequest request)
    {
        var headers = new StringBuilder();
        foreach (var (name, values) in request.Headers.OrderBy(h => h.Key, StringComparer.OrdinalIgnoreCase))
        {
            headers.Append(CultureInfo.InvariantCulture, $"<tr><th>{WebUtility.HtmlEncode(name)}</th>");
            headers.Append(CultureInfo.InvariantCulture, $"<td>{WebUtility.HtmlEncode(values.ToString())}</td></tr>\n");
        }

        return $$"""
            <!doctype html>
            <html lang="en">
            <head><meta charset="utf-8"><title>Hello from Culvert</title>
            <style>
            body { font: 16px/1.5 system-ui, sans-serif; max-width: 46rem; margin: 3rem auto; padding: 0 1rem; color: #1b2a33; }
            th { text-align: left; padding-right: 1.5rem; vertical-align: top; white-space: nowrap; }
            td { word-break: break-word; } table { font-size: 14px; }
            </style></head>
            <body>
            <h1>Hello from Culvert</h1>
            <p>Your tunnel works: this page came from a server that has no public address.</p>
            <p><code>{{WebUtility.HtmlEncode(request.Method)}} {{WebUtility.HtmlEncode(request.Path + request.QueryString)}}</code>
            for <code>{{WebUtility.HtmlEncode(request.Host.ToString())}}</code></p>
            <table>
            {{headers}}</table>
            </body>
            </html>

            """;
    }
}
