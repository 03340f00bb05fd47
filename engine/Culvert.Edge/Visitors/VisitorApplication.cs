using System.Runtime.CompilerServices;
using System.Text;
using Culvert.Edge.AccessLogs;
using Culvert.Edge.Management;
using Culvert.Edge.Metrics;
using Culvert.Edge.Tunnels;
using Culvert.Engine.Tracing;
using Culvert.Transports.AsyncMethods;
using Culvert.Transports.Headers;
using Culvert.Transports.Streams;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Abstractions;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Logging;

namespace Culvert.Edge.Visitors;

/// <summary>Answers visitors: host table, tunnel, connection, stream (DESIGN, how a request flows on the edge node).</summary>
/// <param name="directory">The tunnels.</param>
/// <param name="location">The node's location, for the ids of requests.</param>
/// <param name="metrics">Counts requests.</param>
/// <param name="accessLog">Gets a line for each; null for no log.</param>
/// <param name="time">Clock of durations.</param>
/// <param name="logger">Hears of what went wrong.</param>
/// <param name="management">Admits requests for the management service of connectors; null for none.</param>
/// <param name="spans">Makes a span of each; null for none.</param>
internal sealed partial class VisitorApplication(
    TunnelDirectory directory, string location, EdgeMetrics metrics, AccessLog? accessLog, TimeProvider time, ILogger logger,
    ManagementGate? management = null, RequestSpans? spans = null)
    : IHttpApplication<Visitor>
{
    /// <summary>How many connections are tried when the one that was picked turns out to have just ended.</summary>
    private const int OpenAttempts = 3;

    /// <summary>Status in counts and logs when the visitor left before there was one.</summary>
    private const int VisitorLeft = 499;

    public Visitor CreateContext(IFeatureCollection contextFeatures)
    {
        // The server keeps the object with the visitor's connection.
        var kept = contextFeatures as IHostContextContainer<Visitor>;
        var visitor = kept?.HostContext ?? new Visitor(location, metrics);
        if (kept is not null)
        {
            kept.HostContext = visitor;
        }

        visitor.Attach(contextFeatures);
        visitor.Started = time.GetTimestamp();
        metrics.RequestBegan();
        if (spans is not null)
        {
            visitor.Span = VisitorSpan.Begin(spans, visitor);
        }

        return visitor;
    }

    public void DisposeContext(Visitor context, Exception? exception)
    {
        var duration = time.GetElapsedTime(context.Started);
        var left = context.Aborted.IsCancellationRequested;
        var status = left && !context.ResponseStarted ? VisitorLeft : context.Status;
        metrics.RequestEnded(status, duration);
        accessLog?.Add(new AccessLogEntry
        {
            Time = time.GetUtcNow() - duration,
            Address = context.AddressText,
            Host = context.Hostname,
            Method = context.Method,
            Path = context.Path,
            Status = status,
            Received = context.Received.Value,
            Sent = context.Sent.Value,
            Duration = duration,
            Tunnel = context.TunnelId,
            Connection = context.ConnectionId,
            Ray = context.Ray,
            Aborted = left || context.WasCut || exception is not null,
        });
        if (context.Span is { } span)
        {
            VisitorSpan.End(span, context, status, exception?.Message ?? (context.WasCut ? "the response was cut short" : null));

            // The object outlives its request by as long as the connection stays open.
            context.Span = null;
        }

        context.Head.Clear();
    }

    public Task ProcessRequestAsync(Visitor context)
    {
        var serving = ServeAsync(context);
        return serving.IsCompletedSuccessfully ? Task.CompletedTask : serving.AsTask();
    }

    [AsyncMethodBuilder(typeof(PooledMethodBuilder))]
    private async ValueTask ServeAsync(Visitor visitor)
    {
        // Before the tunnels: none of them can open the service to everybody by having its name.
        if (management?.SpellingOf(visitor.Hostname) is { } spelling)
        {
            await ServeManagementAsync(visitor, management, spelling).ConfigureAwait(false);
            return;
        }

        var tunnel = directory.Find(visitor.Hostname);
        if (tunnel is null)
        {
            await ErrorPage.WriteAsync(visitor, EdgeError.UnknownHostname).ConfigureAwait(false);
            return;
        }

        await ServeAsync(visitor, tunnel, connector: null, authority: null).ConfigureAwait(false);
    }

    private async Task ServeManagementAsync(Visitor visitor, ManagementGate gate, string spelling)
    {
        var (tunnel, connector, refusal) = await gate.AdmitAsync(visitor).ConfigureAwait(false);
        if (refusal is not null)
        {
            await refusal.WriteAsync(visitor).ConfigureAwait(false);
            return;
        }

        await ServeAsync(visitor, tunnel!, connector, Encoding.ASCII.GetBytes(spelling)).ConfigureAwait(false);
    }

    [AsyncMethodBuilder(typeof(PooledMethodBuilder))]
    private async ValueTask ServeAsync(Visitor visitor, Tunnel tunnel, Guid? connector, byte[]? authority)
    {
        visitor.TunnelId = tunnel.Id;
        try
        {
            if (VisitorRequest.TryRead(visitor, visitor.Head))
            {
                if (authority is not null)
                {
                    visitor.Head.SetAuthority(authority);
                }

                await RelayAsync(visitor, tunnel, connector).ConfigureAwait(false);
            }
            else
            {
                await ErrorPage.WriteAsync(visitor, EdgeError.BadRequest).ConfigureAwait(false);
            }
        }
        catch (FormatException)
        {
            // A host such as "a.example:99999" reaches its tunnel by name, but no request to a connector can hold it.
            await ErrorPage.WriteAsync(visitor, EdgeError.BadRequest).ConfigureAwait(false);
        }
        catch (HeaderLimitException)
        {
            await ErrorPage.WriteAsync(visitor, EdgeError.HeadersTooLarge).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (visitor.Aborted.IsCancellationRequested)
        {
            // The visitor left; the stream was aborted on the way out, which cancels the origin request.
        }
        catch (Exception e)
        {
            LogFailed(logger, tunnel.Hostname, visitor.Ray, e.GetType().Name, e.Message);
            await EndAsync(visitor, EdgeError.Internal).ConfigureAwait(false);
        }
    }

    [AsyncMethodBuilder(typeof(PooledMethodBuilder))]
    private async ValueTask RelayAsync(Visitor visitor, Tunnel tunnel, Guid? connector)
    {
        for (var attempt = 1; ; attempt++)
        {
            if (tunnel.Pick(connector) is not { } connection)
            {
                await ErrorPage.WriteAsync(visitor, EdgeError.NoConnector).ConfigureAwait(false);
                return;
            }

            ConnectorStream stream;
            try
            {
                stream = await connection.OpenStreamAsync(visitor.Head, visitor.Aborted).ConfigureAwait(false);
            }
            catch (ConnectorLostException) when (attempt < OpenAttempts)
            {
                // Nothing was sent: another connection can serve the request as well.
                continue;
            }
            catch (ConnectorLostException e)
            {
                await LoseAsync(visitor, tunnel, e).ConfigureAwait(false);
                return;
            }

            visitor.ConnectionId = connection.Id;
            try
            {
                await RelayAsync(visitor, tunnel, stream).ConfigureAwait(false);
            }
            finally
            {
                await stream.DisposeAsync().ConfigureAwait(false);
                connection.StreamEnded();
            }

            return;
        }
    }

    [AsyncMethodBuilder(typeof(PooledMethodBuilder))]
    private async ValueTask RelayAsync(Visitor visitor, Tunnel tunnel, ConnectorStream stream)
    {
        try
        {
            if (visitor.Head.Kind == StreamKind.WebSocket)
            {
                await WebSocketRelay.RunAsync(visitor, stream).ConfigureAwait(false);
            }
            else
            {
                await HttpRelay.RunAsync(visitor, stream).ConfigureAwait(false);
            }
        }
        catch (Exception e) when (e is IOException or InvalidOperationException or HttpRequestException
            || (e is OperationCanceledException && !visitor.Aborted.IsCancellationRequested))
        {
            await LoseAsync(visitor, tunnel, e).ConfigureAwait(false);
        }
    }

    private Task LoseAsync(Visitor visitor, Tunnel tunnel, Exception cause)
    {
        LogLost(logger, tunnel.Hostname, visitor.Ray, cause.Message);
        return EndAsync(visitor, EdgeError.ConnectorLost);
    }

    // What was cut short must not look complete, so a response that has begun is aborted.
    private static async Task EndAsync(Visitor visitor, EdgeError error)
    {
        if (visitor.ResponseStarted)
        {
            visitor.Abort();
        }
        else
        {
            visitor.ResetResponse();
            await ErrorPage.WriteAsync(visitor, error).ConfigureAwait(false);
        }
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "Failed to serve a visitor {host} {cfRay} {kind} {error}")]
    private static partial void LogFailed(ILogger logger, string host, RayId cfRay, string kind, string error);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Request lost its connector {host} {cfRay} {error}")]
    private static partial void LogLost(ILogger logger, string host, RayId cfRay, string error);
}
