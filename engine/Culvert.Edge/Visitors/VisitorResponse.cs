using System.Globalization;
using Culvert.Transports.Headers;
using Culvert.Transports.Streams;
using Microsoft.Extensions.Primitives;

namespace Culvert.Edge.Visitors;

/// <summary>Gives a visitor the head that a connector sent, without what may not leave the tunnel (E-14 to E-16).</summary>
internal static class VisitorResponse
{
    public static void SetHead(Visitor visitor, ResponseHead head)
    {
        visitor.Status = head.Status;
        var connection = Values(head.Headers, "connection"u8);
        for (var i = 0; i < head.Headers.Count; i++)
        {
            var field = head.Headers[i];
            if (ControlHeaders.IsControlResponseHeader(field.Name) || !CanonicalName.IsToken(field.Name)
                || field.Value.ContainsAnyInRange((byte)0, (byte)8) || field.Value.ContainsAny((byte)'\r', (byte)'\n', (byte)0x7F))
            {
                continue;
            }

            var name = field.NameText;
            if (!HopByHop.IsResponseHeader(name, connection))
            {
                Add(visitor, name, field.ValueText, head.Status);
            }
        }
    }

    public static void AddTrailers(Visitor visitor, HeaderList trailers)
    {
        if (trailers.Count == 0 || visitor.Trailers is not { Trailers: { IsReadOnly: false } destination })
        {
            return;
        }

        for (var i = 0; i < trailers.Count; i++)
        {
            var field = trailers[i];
            var name = field.NameText;
            destination[name] = StringValues.Concat(destination[name], field.ValueText);
        }
    }

    private static void Add(Visitor visitor, string name, string value, int status)
    {
        var headers = visitor.ResponseHeaders;
        if (!name.Equals("content-length", StringComparison.OrdinalIgnoreCase))
        {
            headers[name] = StringValues.Concat(headers[name], value);
        }
        else if (status != 204 && long.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var length))
        {
            headers.ContentLength = length;
        }
    }

    private static StringValues Values(HeaderList headers, ReadOnlySpan<byte> name)
    {
        var values = StringValues.Empty;
        for (var i = 0; i < headers.Count; i++)
        {
            if (headers[i].Is(name))
            {
                values = StringValues.Concat(values, headers[i].ValueText);
            }
        }

        return values;
    }
}
