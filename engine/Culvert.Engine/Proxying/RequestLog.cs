using System.Globalization;
using System.Text;
using Culvert.Engine.Routing;
using Culvert.Ingress.Snapshots;
using Culvert.Transports.Connections;
using Culvert.Transports.Headers;
using Culvert.Transports.Streams;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Extensions.Logging;

namespace Culvert.Engine.Proxying;

/// <summary>
/// The log lines of a request (http2-and-proxy, sections 9.1 and 9.2). Callers ask <see cref="IsOn"/> first. Thread-safe.
/// </summary>
internal sealed class RequestLog(ILogger logger)
{
    private const int HttpEvent = 1;
    private const int TcpEvent = 2;
    private const int CloudflaredEvent = 0;
    private const int UnknownRule = -1;

    private static ReadOnlySpan<byte> ProbeAgent =>
        "Mozilla/5.0 (compatible; Cloudflare-Traffic-Manager/1.0; +https://www.cloudflare.com/traffic-manager/;"u8;

    /// <summary>Whether requests and responses are logged, which is at debug level.</summary>
    public bool IsOn => logger.IsEnabled(LogLevel.Debug);

    public void Request(EdgeStream stream, EdgeConnection? connection, IngressSnapshot snapshot, int rule)
    {
        var request = stream.Request;
        var path = request.Target[..PathLength(request.Target)];
        Line(RequestLine(request, connection), request, connection, snapshot, rule, error: null)
            .Add("host", Encoding.Latin1.GetString(request.Authority))
            .Add("path", Uri.UnescapeDataString(Encoding.Latin1.GetString(path)))
            .Add("headers", LoggedHeaders.Format(request.Headers))
            .Add("content-length", request.ContentLength ?? (request.HasBody ? -1 : 0))
            .Write(logger, LogLevel.Debug);
    }

    /// <summary>Logs a request for a rule of the connector's own; its query, which holds a token, is left out.</summary>
    public void InternalRequest(EdgeStream stream, EdgeConnection? connection, InternalRule rule) =>
        Line(
            RequestLine(stream.Request, connection), stream.Request, connection, snapshot: null, InternalRule.Number, error: null)
            .Add("ingressRule", InternalRule.Number)
            .Add("originService", rule.Service)
            .Write(logger, LogLevel.Debug);

    public void Response(EdgeStream stream, EdgeConnection? connection, IngressSnapshot snapshot, int rule, long contentLength)
    {
        var reason = ReasonPhrases.GetReasonPhrase(stream.ResponseStatus);
        var status = string.Create(CultureInfo.InvariantCulture, $"{stream.ResponseStatus} {reason}").TrimEnd();
        Line(status, stream.Request, connection, snapshot, rule, error: null)
            .Add("content-length", contentLength)
            .Write(logger, LogLevel.Debug);
    }

    /// <summary>
    /// Logs a failure twice, as the original does: what went wrong at the origin, and that a request of this connection failed.
    /// </summary>
    /// <param name="stream">The request.</param>
    /// <param name="connection">The connection it came over.</param>
    /// <param name="snapshot">The rules in force.</param>
    /// <param name="rule">The rule, or null when none was reached.</param>
    /// <param name="error">What went wrong.</param>
    /// <param name="expected">Whether it is the visitor who left: then the lines are for debugging alone.</param>
    public void Failure(
        EdgeStream stream, EdgeConnection? connection, IngressSnapshot? snapshot, int? rule, string error, bool expected)
    {
        var level = expected ? LogLevel.Debug : LogLevel.Error;
        if (!logger.IsEnabled(level))
        {
            return;
        }

        var request = stream.Request;
        Line("", request, connection, snapshot, rule ?? UnknownRule, error).Write(logger, level);
        if (connection?.Protocol == "quic")
        {
            new LogFields("Request failed").Add("error", error).Add("connIndex", connection.Index).Add("dest", Url(request))
                .Add("event", CloudflaredEvent).Add("ip", connection.RemoteEndPoint.Address).Add("type", TypeName(request.Kind))
                .Write(logger, level);
            return;
        }

        new LogFields("failed to serve incoming request")
            .Add("error", request.Kind == StreamKind.Tcp ? error : "Failed to proxy HTTP: " + error).Write(logger, level);
    }

    /// <summary>Logs that a request was refused before its origin heard of it.</summary>
    public void Filtered(EdgeStream stream, EdgeConnection? connection, IngressSnapshot snapshot, int? rule, string reason) =>
        Line(reason, stream.Request, connection, snapshot, rule ?? UnknownRule, error: null).Write(logger, LogLevel.Error);

    /// <summary>Logs that a private TCP stream was refused because too many flows are active.</summary>
    public void FlowLimited(EdgeConnection? connection) =>
        new LogFields("Too many concurrent flows being handled, rejecting tcp proxy")
            .Add("connIndex", connection?.Index).Add("event", TcpEvent).Write(logger, LogLevel.Warning);

    /// <summary>Logs that the requests on old rules were ended, because there were too many old ones.</summary>
    public void OldTablesEnded(int tables) =>
        new LogFields("Requests on replaced configurations were ended: too many of them are still in use")
            .Add("configurations", tables).Write(logger, LogLevel.Warning);

    private static LogFields Line(
        string message, RequestHead request, EdgeConnection? connection, IngressSnapshot? snapshot, int rule, string? error)
    {
        var known = rule >= 0 && rule < snapshot?.Rules.Count;
        return new LogFields(message)
            .Add("error", error)
            .Add("cfRay", Header(request.Headers, "cf-ray"u8))
            .Add("connIndex", connection?.Index)
            .Add("event", request.Kind == StreamKind.Tcp ? TcpEvent : HttpEvent)
            .Add("ingressRule", known ? rule : null)
            .Add("lbProbe", IsProbe(request.Headers) ? true : null)
            .Add("originService", known ? snapshot!.Rules[rule].Service : null);
    }

    // What the original's HTTP library makes of a request: its HTTP/2 server fills in a host that means nothing.
    private static string RequestLine(RequestHead request, EdgeConnection? connection)
    {
        var method = Encoding.Latin1.GetString(request.Method);
        var target = LoggedHeaders.Target(request.Target);
        return connection?.Protocol == "quic" ? $"{method} {Url(request)} HTTP/1.1"
            : request.Kind == StreamKind.Http
                ? $"{method} http://localhost:8080{target} HTTP/2.0" : $"{method} {target} HTTP/2.0";
    }

    private static string Url(RequestHead request)
    {
        var authority = Encoding.Latin1.GetString(request.Authority);
        return request.Kind == StreamKind.Tcp ? authority : $"https://{authority}{LoggedHeaders.Target(request.Target)}";
    }

    private static string TypeName(StreamKind kind) => kind switch
    {
        StreamKind.Http => "http",
        StreamKind.WebSocket => "ws",
        _ => "tcp",
    };

    private static bool IsProbe(HeaderList headers) =>
        headers.TryGet("user-agent"u8, out var agent) && agent.StartsWith(ProbeAgent);

    private static string? Header(HeaderList headers, ReadOnlySpan<byte> name) =>
        headers.TryGet(name, out var value) ? Encoding.Latin1.GetString(value) : null;

    private static int PathLength(ReadOnlySpan<byte> target)
    {
        var query = target.IndexOf((byte)'?');
        return query < 0 ? target.Length : query;
    }
}
