using System.Net.Http.Headers;
using System.Text;
using Culvert.Engine.Origins.Http.Responses;
using Culvert.Transports.Headers;
using Culvert.Transports.Streams;

namespace Culvert.Engine.Origins.Platform;

/// <summary>Passes the platform's response heads and trailers on (http2-and-proxy, sections 1.9.3 and 1.9.8).</summary>
internal static class PlatformResponse
{
    /// <summary>Sends the head without flushing it.</summary>
    public static void SendHead(EdgeStream stream, HttpResponseMessage response)
    {
        var head = new ResponseHead { Status = (int)response.StatusCode };
        try
        {
            Add(head.Headers, response.Headers.NonValidated);
            Add(head.Headers, response.Content.Headers.NonValidated);
            stream.SendHead(head);
        }
        finally
        {
            head.Clear();
        }
    }

    /// <summary>Adds the trailers, which are known after the body.</summary>
    public static void AddTrailers(EdgeStream stream, HttpResponseMessage response)
    {
        foreach (var (name, values) in response.TrailingHeaders.NonValidated)
        {
            var nameBytes = Encoding.Latin1.GetBytes(name);
            if (TrailerField.IsForbidden(nameBytes))
            {
                continue;
            }

            foreach (var value in values)
            {
                stream.AddTrailer(nameBytes, Encoding.Latin1.GetBytes(value));
            }
        }
    }

    private static void Add(HeaderList headers, HttpHeadersNonValidated fields)
    {
        foreach (var (name, values) in fields)
        {
            if (IsFraming(name, values))
            {
                continue;
            }

            foreach (var value in values)
            {
                headers.Add(name, value);
            }
        }
    }

    // What the platform has undone stays behind, and with "close" the whole Connection field, as in the original.
    private static bool IsFraming(string name, HeaderStringValues values) =>
        name.Equals("Transfer-Encoding", StringComparison.OrdinalIgnoreCase)
        || name.Equals("Trailer", StringComparison.OrdinalIgnoreCase)
        || (name.Equals("Connection", StringComparison.OrdinalIgnoreCase)
            && values.ToString().Contains("close", StringComparison.OrdinalIgnoreCase));
}
