using Culvert.Engine.Metrics;
using Culvert.Ingress.Configuration;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Culvert.Connector.Metrics;

/// <summary>The routes of a connector's metrics server, for any method (supervisor-and-operations, section 6.2).</summary>
internal sealed class MetricsApplication(Connector connector, string? quickHostname) : IHttpApplication<HttpContext>
{
    public HttpContext CreateContext(IFeatureCollection contextFeatures) => new DefaultHttpContext(contextFeatures);

    public void DisposeContext(HttpContext context, Exception? exception)
    {
    }

    public Task ProcessRequestAsync(HttpContext context) => context.Request.Path.Value switch
    {
        "/metrics" => MetricsAnswer.WriteMetricsAsync(context, connector.Metrics.Registry),
        "/ready" => WriteReadinessAsync(context),
        "/healthcheck" => MetricsAnswer.WriteHealthAsync(context),
        "/config" => MetricsAnswer.WriteAsync(context, StatusCodes.Status200OK, WriteConfiguration()),
        "/quicktunnel" => WriteQuickTunnelAsync(context),
        _ => MetricsAnswer.WriteNotFoundAsync(context),
    };

    private Task WriteReadinessAsync(HttpContext context)
    {
        var ready = connector.Connections.Ready;
        var status = ready > 0 ? StatusCodes.Status200OK : StatusCodes.Status503ServiceUnavailable;
        return MetricsAnswer.WriteJsonAsync(context, status, json =>
        {
            json.WriteNumber("status", status);
            json.WriteNumber("readyConnections", ready);
            json.WriteString("connectorId", connector.Id);
        });
    }

    private byte[] WriteConfiguration()
    {
        var (version, ingress, warpRouting) = connector.Configuration;
        return ConfigurationJson.WriteEndpoint(version, ingress, warpRouting).ToArray();
    }

    private Task WriteQuickTunnelAsync(HttpContext context) => MetricsAnswer.WriteJsonAsync(context, StatusCodes.Status200OK, json =>
    {
        var scheme = quickHostname?.IndexOf("://", StringComparison.Ordinal) ?? -1;
        json.WriteString("hostname", scheme < 0 ? quickHostname ?? "" : quickHostname![(scheme + 3)..]);
    });
}
