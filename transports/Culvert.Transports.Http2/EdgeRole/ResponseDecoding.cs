using System.Buffers;
using System.Net.Http.Headers;
using System.Text;
using Culvert.Transports.Headers;
using Culvert.Transports.Streams;

namespace Culvert.Transports.Http2.EdgeRole;

/// <summary>
/// Rebuilds the origin's response head from what an HTTP/2 connector sends (http2-and-proxy, sections 1.9 and 6.2). Plain
/// headers of the connector's HTTP stack (date, sniffed content type) are left out.
/// </summary>
internal static class ResponseDecoding
{
    /// <summary>Reads a response head into <paramref name="head"/>.</summary>
    /// <returns>False when the serialized headers are malformed.</returns>
    public static bool TryRead(HttpResponseMessage response, StreamKind kind, ResponseHead head)
    {
        head.Clear();
        head.Status = (int)response.StatusCode;
        var headers = response.Headers.NonValidated;
        head.Source = ResponseMeta.Parse(First(headers, ControlHeaders.ResponseMetadata));
        if (First(headers, ControlHeaders.ResponseHeaders) is { Length: > 0 } serialized)
        {
            if (!TryDeserialize(serialized, head.Headers))
            {
                return false;
            }
        }
        else if (response.Content.Headers.ContentLength is { } length && head.Source == ResponseSource.Origin)
        {
            head.Headers.Add("Content-Length", length.ToString(System.Globalization.CultureInfo.InvariantCulture));
        }

        // A switch of protocols looks like any 200 on this transport; the origin's own headers tell (section 6.2).
        if (kind == StreamKind.WebSocket && head.Status == 200
            && head.Headers.TryGet("upgrade"u8, out var upgrade) && Ascii.EqualsIgnoreCase(upgrade, "websocket"u8))
        {
            head.Status = 101;
        }

        return true;
    }

    private static bool TryDeserialize(string serialized, HeaderList headers)
    {
        var bytes = ArrayPool<byte>.Shared.Rent(serialized.Length);
        try
        {
            var length = Encoding.Latin1.GetBytes(serialized, bytes);
            return SerializedHeaders.TryParse(bytes.AsSpan(0, length), headers);
        }
        catch (HeaderLimitException)
        {
            return false;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(bytes);
        }
    }

    private static string? First(HttpHeadersNonValidated headers, string name)
    {
        if (headers.TryGetValues(name, out var values))
        {
            foreach (var value in values)
            {
                return value;
            }
        }

        return null;
    }
}
