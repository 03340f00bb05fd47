using System.Net;
using System.Text;
using Culvert.Connector.Metrics;
using Culvert.Engine.Answers;
using Culvert.Engine.Metrics;
using Culvert.Engine.Origins;
using Culvert.Transports.Streams;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Extensions.Primitives;

namespace Culvert.Connector.Management;

/// <summary>
/// The management service: answers requests for the management host that came through the tunnel (supervisor-and-operations,
/// section 7.1). Thread-safe.
/// </summary>
/// <param name="options">What it shows.</param>
/// <param name="connector">The connector's UUID.</param>
/// <param name="edge">Where the connector connects to.</param>
/// <param name="metrics">What <c>/metrics</c> shows.</param>
/// <param name="logs">Serves <c>/logs</c>.</param>
internal sealed class ManagementOrigin(
    ManagementOptions options, Guid connector, IPEndPoint? edge, ConnectorMetrics metrics, LogEndpoint logs) : IOrigin
{
    private const string Json = "application/json";

    private static readonly byte[] NoToken =
        """{"errors":[{"code":1001,"message":"missing access_token query parameter"}]}"""u8.ToArray();

    /// <inheritdoc/>
    public ValueTask ServeAsync(EdgeStream stream, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(stream);
        var target = Encoding.Latin1.GetString(stream.Request.Target);
        var query = target.IndexOf('?', StringComparison.Ordinal);
        var path = query < 0 ? target : target[..query];
        if (ManagementToken.Parse(AccessToken(query < 0 ? "" : target[query..])) is not { } token)
        {
            return ManagementResponse.SendAsync(stream, HttpStatusCode.BadRequest, Json, NoToken, [], cancellationToken);
        }

        if (path == "/logs")
        {
            return stream.Request.Method.SequenceEqual("GET"u8) ? logs.ServeAsync(stream, token.Actor, cancellationToken)
                : RefuseMethodAsync(stream, "GET", [], cancellationToken);
        }

        return ServeAsync(stream, path, CrossOrigin.Headers(stream.Request), cancellationToken);
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private ValueTask ServeAsync(
        EdgeStream stream, string path, IReadOnlyList<(string Name, string Value)> headers, CancellationToken cancellationToken)
    {
        var method = Encoding.Latin1.GetString(stream.Request.Method);
        switch (path)
        {
            case "/ping":
                return method is "GET" or "HEAD"
                    ? ManagementResponse.SendAsync(
                        stream, HttpStatusCode.OK, null, ReadOnlyMemory<byte>.Empty, headers, cancellationToken)
                    : RefuseMethodAsync(stream, "GET, HEAD", headers, cancellationToken);
            case "/host_details":
                return method == "GET"
                    ? ManagementResponse.SendAsync(stream, HttpStatusCode.OK, Json, Details(), headers, cancellationToken)
                    : RefuseMethodAsync(stream, "GET", headers, cancellationToken);
            case "/metrics" when options.Diagnostics:
                return method == "GET" ? SendMetricsAsync(stream, headers, cancellationToken)
                    : RefuseMethodAsync(stream, "GET", headers, cancellationToken);
            default:
                return ManagementResponse.SendAsync(
                    stream, HttpStatusCode.NotFound, WholeAnswer.PlainText, "404 page not found\n"u8.ToArray(), headers,
                    cancellationToken);
        }
    }

    private async ValueTask SendMetricsAsync(
        EdgeStream stream, IReadOnlyList<(string Name, string Value)> headers, CancellationToken cancellationToken)
    {
        var text = await metrics.WriteAsync(cancellationToken).ConfigureAwait(false);
        await ManagementResponse.SendAsync(
            stream, HttpStatusCode.OK, MetricsAnswer.PrometheusText, text, headers, cancellationToken).ConfigureAwait(false);
    }

    private static ValueTask RefuseMethodAsync(
        EdgeStream stream, string allowed, IReadOnlyList<(string Name, string Value)> headers,
        CancellationToken cancellationToken) =>
        ManagementResponse.SendAsync(
            stream, HttpStatusCode.MethodNotAllowed, null, ReadOnlyMemory<byte>.Empty, [.. headers, ("Allow", allowed)],
            cancellationToken);

    private static string? AccessToken(string query) =>
        QueryHelpers.ParseQuery(query).TryGetValue("access_token", out StringValues values) ? values[0] : null;

    private byte[] Details() => JsonObject.Write(json =>
    {
        json.WriteString("connector_id", connector);
        if (edge is not null && HostDetails.LocalAddress(edge) is { } address)
        {
            json.WriteString("ip", address.ToString());
        }

        json.WriteString("hostname", HostDetails.Name(options.Label));
    });
}
