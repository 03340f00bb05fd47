using System.Buffers;
using System.Net;
using System.Text;
using System.Text.Json;
using Culvert.Transports.Configuration;
using Culvert.Transports.Headers;
using Culvert.Transports.Streams;

namespace Culvert.Transports.Http2.EdgeRole;

/// <summary>The edge's side of a configuration update over HTTP/2 (http2-and-proxy, section 1.6).</summary>
internal static class ConfigurationRequest
{
    /// <summary>Largest reply that is read; connectors answer with a few dozen bytes.</summary>
    private const int MaxReplyBytes = 64 * 1024;

    public static HttpRequestMessage Create(ConfigurationUpdate update)
    {
        var body = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(body))
        {
            writer.WriteStartObject();
            writer.WriteNumber("version", update.Version);
            writer.WritePropertyName("config");
            writer.WriteRawValue(update.Json.IsEmpty ? "null"u8 : update.Json.Span);
            writer.WriteEndObject();
        }

        var request = new HttpRequestMessage(HttpMethod.Put, RequestEncoding.Origin)
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Content = new ReadOnlyMemoryContent(body.WrittenMemory),
        };
        request.Headers.TryAddWithoutValidation(ControlHeaders.StreamMarker, ControlHeaders.MarkerConfiguration);
        return request;
    }

    /// <summary>
    /// Reads the reply. Any <c>err</c> but null is a refusal; connectors of the original often send no text in it.
    /// </summary>
    /// <exception cref="ConnectorLostException">The connector refused the update or answered nonsense.</exception>
    public static async Task<ConfigurationUpdateResult> ReadReplyAsync(
        HttpResponseMessage response, CancellationToken cancellationToken)
    {
        if (response.StatusCode != HttpStatusCode.OK)
        {
            throw new ConnectorLostException(
                $"the connector answered a configuration update with status {(int)response.StatusCode}");
        }

        await response.Content.LoadIntoBufferAsync(MaxReplyBytes, cancellationToken).ConfigureAwait(false);
        var reply = await response.Content.ReadAsByteArrayAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            using var document = JsonDocument.Parse(reply);
            var version = document.RootElement.GetProperty("lastAppliedVersion").GetInt32();
            var error = document.RootElement.GetProperty("err");
            return new ConfigurationUpdateResult(version, error.ValueKind switch
            {
                JsonValueKind.Null => null,
                JsonValueKind.String when error.GetString() is { Length: > 0 } text => text,
                _ => error.GetRawText(),
            });
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or KeyNotFoundException or FormatException)
        {
            throw new ConnectorLostException(
                $"the connector answered a configuration update with nonsense: {Encoding.UTF8.GetString(reply)}", e);
        }
    }
}
