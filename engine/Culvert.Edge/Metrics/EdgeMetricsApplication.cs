using Culvert.Engine.Metrics;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Culvert.Edge.Metrics;

/// <summary>The routes of an edge node's metrics server, for any method.</summary>
internal sealed class EdgeMetricsApplication(EdgeNode node) : IHttpApplication<HttpContext>
{
    public HttpContext CreateContext(IFeatureCollection contextFeatures) => new DefaultHttpContext(contextFeatures);

    public void DisposeContext(HttpContext context, Exception? exception)
    {
    }

    public Task ProcessRequestAsync(HttpContext context) => context.Request.Path.Value switch
    {
        "/metrics" => MetricsAnswer.WriteMetricsAsync(context, node.Metrics.Registry),
        "/ready" => WriteReadinessAsync(context),
        "/healthcheck" => MetricsAnswer.WriteHealthAsync(context),
        _ => MetricsAnswer.WriteNotFoundAsync(context),
    };

    // A node without connectors is ready: connectors come to it because it is, not the other way round.
    private Task WriteReadinessAsync(HttpContext context)
    {
        var status = node.IsReady ? StatusCodes.Status200OK : StatusCodes.Status503ServiceUnavailable;
        return MetricsAnswer.WriteJsonAsync(context, status, json =>
        {
            json.WriteNumber("status", status);
            json.WriteNumber("connections", node.Tunnels.All.Sum(tunnel => tunnel.Connections.Count));
            json.WriteNumber("tunnels", node.Tunnels.Count);
            json.WriteBoolean("draining", node.IsDraining);
        });
    }
}
