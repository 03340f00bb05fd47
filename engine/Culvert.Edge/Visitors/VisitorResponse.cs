using System.Buffers.Text;
using Culvert.Transports.Headers;
using Culvert.Transports.Streams;
using Microsoft.AspNetCore.Http;
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
                || field.Value.ContainsAnyInRange((byte)0, (byte)8)
                || field.Value.ContainsAny((byte)'\r', (byte)'\n', (byte)0x7F))
            {
                continue;
            }

            var name = HeaderTexts.Get(field.Name);
            if (!HopByHop.IsResponseHeader(name, connection))
            {
                Add(visitor.ResponseHeaders, name, field.Value, head.Status);
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

    private static void Add(IHeaderDictionary headers, string name, ReadOnlySpan<byte> value, int status)
    {
        if (!name.Equals("content-length", StringComparison.OrdinalIgnoreCase))
        {
            var text = HeaderTexts.Get(value);
            headers[name] = headers.TryGetValue(name, out var before) ? StringValues.Concat(before, text) : text;
        }
        else if (status != 204 && Utf8Parser.TryParse(value, out ulong length, out var read) && read == value.Length
            && length <= long.MaxValue)
        {
            headers.ContentLength = (long)length;
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
