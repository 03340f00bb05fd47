using System.Buffers.Text;
using System.Text;
using Culvert.Transports.DataStreams;
using Culvert.Transports.Headers;
using Culvert.Transports.Streams;

namespace Culvert.Transports.Quic.ConnectorRole;

/// <summary>Turns a ConnectRequest into a request head (quic-and-rpc, sections 2.5 and 2.7).</summary>
internal static class ConnectRequestDecoding
{
    /// <summary>Reads a request.</summary>
    /// <returns>Null, or the error text that the edge gets.</returns>
    /// <exception cref="HeaderLimitException">The head is larger than a <see cref="HeaderList"/> may hold.</exception>
    public static string? TryRead(ConnectRequestReader request, RequestHead head)
    {
        if (!request.IsTypeKnown)
        {
            return $"unknown connection type {(int)request.Type}";
        }

        head.Lend(request.Body);
        head.Kind = (StreamKind)request.Type;
        head.SetMethod("GET"u8);
        foreach (var (key, value) in request.Metadata)
        {
            if (Apply(head, key, value) is { } error)
            {
                return error;
            }
        }

        if (head.Kind == StreamKind.Tcp)
        {
            head.SetAuthority(request.Dest);
            head.HasBody = true;
            return null;
        }

        head.SetTarget(Target(request.Dest));
        return ReadFraming(head);
    }

    /// <summary>Path and query of a URL reference: absolute, path only, or empty.</summary>
    internal static ReadOnlySpan<byte> Target(ReadOnlySpan<byte> dest)
    {
        var scheme = dest.IndexOf("://"u8);
        if (scheme < 0)
        {
            return dest.IsEmpty ? "/"u8 : dest;
        }

        var rest = dest[(scheme + 3)..];
        var path = rest.IndexOfAny((byte)'/', (byte)'?');
        return path < 0 ? "/"u8 : rest[path..];
    }

    private static string? Apply(RequestHead head, ReadOnlySpan<byte> key, ReadOnlySpan<byte> value)
    {
        if (key.IndexOf("HttpHeader"u8) >= 0)
        {
            return ApplyHeader(head, key, value);
        }

        if (key.SequenceEqual(MetadataKey.HttpMethod))
        {
            head.SetMethod(value.IsEmpty ? "GET"u8 : value);
            return CanonicalName.IsToken(head.Method) ? null : $"net/http: invalid method \"{Encoding.Latin1.GetString(value)}\"";
        }

        if (key.SequenceEqual(MetadataKey.HttpHost))
        {
            head.SetAuthority(value);
        }
        else if (key.SequenceEqual(MetadataKey.FlowId))
        {
            head.SetFlowId(value);
        }
        else if (key.SequenceEqual(MetadataKey.TraceId))
        {
            head.SetTraceContext(value);
        }

        return null;
    }

    // A header if the key contains the word anywhere; then it has exactly one colon (section 2.5).
    private static string? ApplyHeader(RequestHead head, ReadOnlySpan<byte> key, ReadOnlySpan<byte> value)
    {
        var colon = key.IndexOf((byte)':');
        if (colon < 0 || key[(colon + 1)..].Contains((byte)':'))
        {
            return $"header Key: {Encoding.Latin1.GetString(key)} malformed";
        }

        var name = key[(colon + 1)..];
        if (Ascii.EqualsIgnoreCase(name, "cf-trace-id"u8))
        {
            head.SetTraceContext(value);
            return null;
        }

        if (Ascii.EqualsIgnoreCase(name, "cf-cloudflared-proxy-connection-upgrade"u8))
        {
            return null;
        }

        if (CanonicalName.IsCanonical(name))
        {
            head.Headers.Add(name, value);
            return null;
        }

        Span<byte> canonical = name.Length <= 256 ? stackalloc byte[256] : new byte[name.Length];
        canonical = canonical[..name.Length];
        name.CopyTo(canonical);
        CanonicalName.Apply(canonical);
        head.Headers.Add(canonical, value);
        return null;
    }

    private static string? ReadFraming(RequestHead head)
    {
        if (head.Kind == StreamKind.WebSocket)
        {
            head.HasBody = true;
            return null;
        }

        if (head.Headers.TryGet("content-length"u8, out var text) && !text.IsEmpty)
        {
            if (!Utf8Parser.TryParse(text, out long length, out var read) || read != text.Length)
            {
                return "Error setting content-length: strconv.ParseInt: parsing " +
                    $"\"{Encoding.Latin1.GetString(text)}\": invalid syntax";
            }

            if (length != 0)
            {
                head.HasBody = true;
                head.ContentLength = length > 0 ? length : null;
                return null;
            }

            head.ContentLength = 0;
        }

        if (head.Headers.TryGet("transfer-encoding"u8, out var coding) && ContainsChunked(coding))
        {
            head.HasBody = true;
            head.ContentLength = null;
        }

        return null;
    }

    private static bool ContainsChunked(ReadOnlySpan<byte> coding)
    {
        var word = "chunked"u8;
        for (var i = 0; i + word.Length <= coding.Length; i++)
        {
            if (Ascii.EqualsIgnoreCase(coding.Slice(i, word.Length), word))
            {
                return true;
            }
        }

        return false;
    }
}
