using Culvert.Connector.Diagnostics;
using Culvert.Engine.Answers;
using Culvert.Engine.Metrics;
using Culvert.Ingress.Configuration;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Logging;

namespace Culvert.Connector.Metrics;

/// <summary>The routes of a connector's metrics server, for any method (supervisor-and-operations, section 6.2).</summary>
internal sealed partial class MetricsApplication(Connector connector, string? quickHostname, ILogger logger)
    : IHttpApplication<HttpContext>
{
    public HttpContext CreateContext(IFeatureCollection contextFeatures) => new DefaultHttpContext(contextFeatures);

    public void DisposeContext(HttpContext context, Exception? exception)
    {
    }

    public Task ProcessRequestAsync(HttpContext context) => context.Request.Path.Value switch
    {
        "/metrics" => WriteMetricsAsync(context),
        "/ready" => WriteReadinessAsync(context),
        "/healthcheck" => MetricsAnswer.WriteHealthAsync(context),
        "/config" => MetricsAnswer.WriteAsync(context, StatusCodes.Status200OK, WriteConfiguration()),
        "/diag/tunnel" => DiagnoseAsync(context, "tunnelState", _ => Task.FromResult(TunnelState.Write(connector))),
        "/diag/configuration" =>
            DiagnoseAsync(context, "configuration", _ => Task.FromResult(SettingsReport.Write(connector.Options))),
        "/diag/system" => DiagnoseAsync(context, "system", SystemReport.WriteAsync),
        "/diag/runtime" => DiagnoseAsync(context, "runtime", _ => Task.FromResult(RuntimeReport.Write())),
        "/debug/pprof/cmdline" => MetricsAnswer.WriteAsync(context, StatusCodes.Status403Forbidden, "forbidden\n"u8.ToArray()),
        "/quicktunnel" => WriteQuickTunnelAsync(context),
        _ => MetricsAnswer.WriteNotFoundAsync(context),
    };

    private async Task WriteMetricsAsync(HttpContext context)
    {
        var text = await connector.Metrics.WriteAsync(context.RequestAborted).ConfigureAwait(false);
        await WholeAnswer.WriteAsync(context, StatusCodes.Status200OK, MetricsAnswer.PrometheusText, text).ConfigureAwait(false);
    }

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

    private Task WriteQuickTunnelAsync(HttpContext context) =>
        MetricsAnswer.WriteJsonAsync(context, StatusCodes.Status200OK, json =>
        {
            var scheme = quickHostname?.IndexOf("://", StringComparison.Ordinal) ?? -1;
            json.WriteString("hostname", scheme < 0 ? quickHostname ?? "" : quickHostname![(scheme + 3)..]);
        });

    private async Task DiagnoseAsync(HttpContext context, string collector, Func<CancellationToken, Task<byte[]>> collect)
    {
        LogStarted(logger, collector);
        var report = await collect(context.RequestAborted).ConfigureAwait(false);
        LogFinished(logger, collector);
        await WholeAnswer.WriteAsync(context, StatusCodes.Status200OK, WholeAnswer.Json, report).ConfigureAwait(false);
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Collection started {collector}")]
    private static partial void LogStarted(ILogger logger, string collector);

    [LoggerMessage(Level = LogLevel.Information, Message = "Collection finished {collector}")]
    private static partial void LogFinished(ILogger logger, string collector);
}
