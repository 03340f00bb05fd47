using System.Buffers;
using System.Text;
using System.Text.Json;
using Culvert.Transports.Configuration;
using Culvert.Transports.Headers;
using Microsoft.AspNetCore.Http.Features;

namespace Culvert.Transports.Http2.ConnectorRole;

/// <summary>The stream by which an edge replaces the connector's configuration (http2-and-proxy, section 1.6).</summary>
internal static class ConfigurationStream
{
    /// <summary>Largest accepted update; a larger one is answered like a malformed one.</summary>
    public const int MaxUpdateBytes = 16 * 1024 * 1024;

    public static async Task ServeAsync(Http2EdgeStream stream, IConfigurationService service)
    {
        var body = await ReadToEndAsync(stream).ConfigureAwait(false);
        if (body is null || !TryParse(body, out var update))
        {
            await stream.RejectAsync(ResponseSource.Connector, "malformed configuration update", stream.Aborted)
                .ConfigureAwait(false);
            return;
        }

        var result = await service.UpdateConfigurationAsync(update, stream.Aborted).ConfigureAwait(false);
        var reply = WriteReply(result);
        stream.Features.Get<IHttpResponseFeature>()!.Headers.ContentLength = reply.Length;
        await stream.Output.WriteAsync(reply, stream.Aborted).ConfigureAwait(false);
    }

    /// <summary>
    /// Reads the first JSON value: keys may be in any case, unknown members are ignored, a missing version is 0, a missing config
    /// is empty.
    /// </summary>
    internal static bool TryParse(ReadOnlyMemory<byte> body, out ConfigurationUpdate update)
    {
        update = null!;
        try
        {
            var reader = new Utf8JsonReader(body.Span);
            using var document = JsonDocument.ParseValue(ref reader);
            if (document.RootElement.ValueKind != JsonValueKind.Object)
            {
                return false;
            }

            var version = 0;
            byte[] config = [];
            foreach (var member in document.RootElement.EnumerateObject())
            {
                if (member.Value.ValueKind == JsonValueKind.Null)
                {
                    continue;
                }

                if (member.Name.Equals("version", StringComparison.OrdinalIgnoreCase))
                {
                    if (member.Value.ValueKind != JsonValueKind.Number || !member.Value.TryGetInt32(out version))
                    {
                        return false;
                    }
                }
                else if (member.Name.Equals("config", StringComparison.OrdinalIgnoreCase))
                {
                    config = Encoding.UTF8.GetBytes(member.Value.GetRawText());
                }
            }

            update = new ConfigurationUpdate(version, config);
            return true;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            return false;
        }
    }

    /// <summary>The reply with the members in this order and no spaces, as edges read it. A refusal carries its text.</summary>
    internal static byte[] WriteReply(ConfigurationUpdateResult result)
    {
        var buffer = new ArrayBufferWriter<byte>(64);
        using (var writer = new Utf8JsonWriter(buffer))
        {
            writer.WriteStartObject();
            writer.WriteNumber("lastAppliedVersion", result.LatestAppliedVersion);
            if (string.IsNullOrEmpty(result.Error))
            {
                writer.WriteNull("err");
            }
            else
            {
                writer.WriteString("err", result.Error);
            }

            writer.WriteEndObject();
        }

        return buffer.WrittenSpan.ToArray();
    }

    private static async Task<byte[]?> ReadToEndAsync(Http2EdgeStream stream)
    {
        while (true)
        {
            var read = await stream.Input.ReadAsync(stream.Aborted).ConfigureAwait(false);
            if (read.Buffer.Length > MaxUpdateBytes)
            {
                stream.Input.AdvanceTo(read.Buffer.End);
                return null;
            }

            if (read.IsCompleted)
            {
                var body = read.Buffer.ToArray();
                stream.Input.AdvanceTo(read.Buffer.End);
                return body;
            }

            stream.Input.AdvanceTo(read.Buffer.Start, read.Buffer.End);
        }
    }
}
