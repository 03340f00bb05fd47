using System.Buffers;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Prometheus;

namespace Culvert.Engine.Metrics;

/// <summary>The answers of a <see cref="MetricsServer"/>, whole and with their length. Thread-safe.</summary>
public static class MetricsAnswer
{
    /// <summary>Content type of texts.</summary>
    public const string PlainText = "text/plain; charset=utf-8";

    /// <summary>Content type of metrics.</summary>
    public const string PrometheusText = "text/plain; version=0.0.4; charset=utf-8";

    /// <summary>Answers with everything that a registry counts, in the text format.</summary>
    public static async Task WriteMetricsAsync(HttpContext context, CollectorRegistry registry)
    {
        ArgumentNullException.ThrowIfNull(context);
        ArgumentNullException.ThrowIfNull(registry);
        using var text = new MemoryStream();
        await registry.CollectAndExportAsTextAsync(text, context.RequestAborted).ConfigureAwait(false);
        await WriteAsync(context, StatusCodes.Status200OK, PrometheusText, text.ToArray()).ConfigureAwait(false);
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
    public static Task WriteJsonAsync(HttpContext context, int status, Action<Utf8JsonWriter> members)
    {
        ArgumentNullException.ThrowIfNull(members);
        var buffer = new ArrayBufferWriter<byte>(128);
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            members(json);
            json.WriteEndObject();
        }

        return WriteAsync(context, status, buffer.WrittenSpan.ToArray());
    }

    /// <summary>Answers with a text.</summary>
    public static Task WriteAsync(HttpContext context, int status, byte[] body) => WriteAsync(context, status, PlainText, body);

    /// <summary>Answers with content of a type.</summary>
    public static Task WriteAsync(HttpContext context, int status, string contentType, byte[] body)
    {
        ArgumentNullException.ThrowIfNull(context);
        ArgumentNullException.ThrowIfNull(body);
        context.Response.StatusCode = status;
        context.Response.ContentType = contentType;
        context.Response.ContentLength = body.Length;
        return HttpMethods.IsHead(context.Request.Method)
            ? Task.CompletedTask : context.Response.Body.WriteAsync(body, context.RequestAborted).AsTask();
    }
}
