using System.Text.Json;
using Culvert.Engine.Answers;
using Microsoft.AspNetCore.Http;
using Prometheus;

namespace Culvert.Engine.Metrics;

/// <summary>The answers of a <see cref="MetricsServer"/>, whole and with their length. Thread-safe.</summary>
public static class MetricsAnswer
{
    /// <summary>Content type of metrics.</summary>
    public const string PrometheusText = "text/plain; version=0.0.4; charset=utf-8";

    /// <summary>Answers with everything that a registry counts, in the text format.</summary>
    public static async Task WriteMetricsAsync(HttpContext context, CollectorRegistry registry)
    {
        ArgumentNullException.ThrowIfNull(context);
        ArgumentNullException.ThrowIfNull(registry);
        using var text = new MemoryStream();
        await registry.CollectAndExportAsTextAsync(text, context.RequestAborted).ConfigureAwait(false);
        await WholeAnswer.WriteAsync(context, StatusCodes.Status200OK, PrometheusText, text.ToArray()).ConfigureAwait(false);
    }

    /// <summary>Answers that the process runs.</summary>
    public static Task WriteHealthAsync(HttpContext context) => WriteAsync(context, StatusCodes.Status200OK, "OK\n"u8.ToArray());

    /// <summary>Answers that there is no such path.</summary>
    public static Task WriteNotFoundAsync(HttpContext context) =>
        WriteAsync(context, StatusCodes.Status404NotFound, "404 page not found\n"u8.ToArray());

    /// <summary>Answers with a JSON object, as plain text: the original's clients know no other type.</summary>
    /// <param name="context">The request.</param>
    /// <param name="status">Status of the answer.</param>
    /// <param name="members">Writes the object's members.</param>
    public static Task WriteJsonAsync(HttpContext context, int status, Action<Utf8JsonWriter> members) =>
        WholeAnswer.WriteAsync(context, status, WholeAnswer.PlainText, WholeAnswer.JsonObject(members));

    /// <summary>Answers with a text.</summary>
    public static Task WriteAsync(HttpContext context, int status, byte[] body) =>
        WholeAnswer.WriteAsync(context, status, WholeAnswer.PlainText, body);
}
