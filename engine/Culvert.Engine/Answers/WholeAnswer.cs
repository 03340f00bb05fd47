using System.Buffers;
using System.Text.Json;
using Microsoft.AspNetCore.Http;

namespace Culvert.Engine.Answers;

/// <summary>Small answers of this process's own HTTP servers: whole, with their length. Thread-safe.</summary>
public static class WholeAnswer
{
    /// <summary>Content type of texts.</summary>
    public const string PlainText = "text/plain; charset=utf-8";

    /// <summary>Content type of JSON.</summary>
    public const string Json = "application/json";

    /// <summary>Answers a request; one with the method HEAD gets the length alone.</summary>
    /// <param name="context">The request, not answered yet.</param>
    /// <param name="status">Status of the answer.</param>
    /// <param name="contentType">What the body is.</param>
    /// <param name="body">Read until the task has ended.</param>
    public static Task WriteAsync(HttpContext context, int status, string contentType, ReadOnlyMemory<byte> body)
    {
        ArgumentNullException.ThrowIfNull(context);
        context.Response.StatusCode = status;
        context.Response.ContentType = contentType;
        context.Response.ContentLength = body.Length;
        return HttpMethods.IsHead(context.Request.Method)
            ? Task.CompletedTask : context.Response.Body.WriteAsync(body, context.RequestAborted).AsTask();
    }

    /// <summary>Writes a JSON object as a body.</summary>
    /// <param name="members">Writes its members.</param>
    /// <returns>UTF-8.</returns>
    public static ReadOnlyMemory<byte> JsonObject(Action<Utf8JsonWriter> members)
    {
        ArgumentNullException.ThrowIfNull(members);
        var buffer = new ArrayBufferWriter<byte>(256);
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            members(json);
            json.WriteEndObject();
        }

        return buffer.WrittenMemory;
    }
}
