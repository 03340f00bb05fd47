using System.Globalization;
using System.Net;
using Culvert.Transports.Streams;

namespace Culvert.Connector.Management;

/// <summary>Writes whole responses to a tunnel's stream.</summary>
internal static class ManagementResponse
{
    /// <summary>Sends a response; the body of one to a HEAD request is left out.</summary>
    public static async ValueTask SendAsync(
        EdgeStream stream, HttpStatusCode status, string? contentType, ReadOnlyMemory<byte> body,
        IReadOnlyList<(string Name, string Value)> headers, CancellationToken cancellationToken)
    {
        var isHead = stream.Request.Method.SequenceEqual("HEAD"u8);
        SendHead(stream, (int)status, [
            .. contentType is null ? [] : (ReadOnlySpan<(string, string)>)[("Content-Type", contentType)],
            ("Content-Length", body.Length.ToString(CultureInfo.InvariantCulture)), .. headers]);
        if (!isHead)
        {
            PipeCopy.Write(stream.Output, body.Span);
        }

        await stream.Output.FlushAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Sets the head alone.</summary>
    public static void SendHead(EdgeStream stream, int status, IReadOnlyList<(string Name, string Value)> headers)
    {
        var head = new ResponseHead { Status = status };
        try
        {
            foreach (var (name, value) in headers)
            {
                head.Headers.Add(name, value);
            }

            stream.SendHead(head);
        }
        finally
        {
            head.Clear();
        }
    }
}
