using System.Net.Http.Headers;
using System.Text;
using Culvert.Transports.Streams;

namespace Culvert.Engine.Origins.Http;

/// <summary>Copies the head of an origin's response, without what its framing consumed (http2-and-proxy, section 1.9.3).</summary>
internal static class OriginResponse
{
    public static void Read(HttpResponseMessage response, ResponseHead head)
    {
        head.Status = (int)response.StatusCode;
        var chunked = response.Headers.TransferEncodingChunked == true;
        Copy(response.Headers.NonValidated, head, chunked);
        Copy(response.Content.Headers.NonValidated, head, chunked);
    }

    public static void AddTrailers(HttpResponseMessage response, EdgeStream stream)
    {
        foreach (var (name, values) in response.TrailingHeaders.NonValidated)
        {
            foreach (var value in values)
            {
                stream.AddTrailer(Encoding.Latin1.GetBytes(name), Encoding.Latin1.GetBytes(value));
            }
        }
    }

    private static void Copy(HttpHeadersNonValidated headers, ResponseHead head, bool chunked)
    {
        foreach (var (name, values) in headers)
        {
            if (IsFraming(name, values, chunked))
            {
                continue;
            }

            foreach (var value in values)
            {
                head.Headers.Add(name, value);
            }
        }
    }

    private static bool IsFraming(string name, HeaderStringValues values, bool chunked) => name.ToUpperInvariant() switch
    {
        "TRANSFER-ENCODING" or "TRAILER" => true,
        "CONTENT-LENGTH" => chunked,
        "CONNECTION" => values.ToString().Contains("close", StringComparison.OrdinalIgnoreCase),
        _ => false,
    };
}
