using System.Text;
using Culvert.Transports.Streams;

namespace Culvert.Connector.Management;

/// <summary>Which web pages may use the management service (supervisor-and-operations, sections 7.1 and 7.2).</summary>
internal static class CrossOrigin
{
    private const string Scheme = "https://";
    private const string Domain = ".cloudflare.com";

    /// <summary>Fields that let a page read an answer; preflight requests are not answered.</summary>
    public static IReadOnlyList<(string Name, string Value)> Headers(RequestHead request) =>
        Origin(request) is { } origin && IsKnown(origin)
            ? [("Vary", "Origin"), ("Access-Control-Allow-Origin", origin), ("Access-Control-Allow-Credentials", "true")]
            : [("Vary", "Origin")];

    /// <summary>Whether a WebSocket may be opened: by a program, a known page, or one of the same host.</summary>
    public static bool MayConnect(RequestHead request) => Origin(request) is not { } origin || IsKnown(origin)
        || (Uri.TryCreate(origin, UriKind.Absolute, out var uri)
            && uri.Authority.Equals(Encoding.Latin1.GetString(request.Authority), StringComparison.OrdinalIgnoreCase));

    private static string? Origin(RequestHead request) =>
        request.Headers.TryGet("origin"u8, out var value) && !value.IsEmpty ? Encoding.Latin1.GetString(value) : null;

    private static bool IsKnown(string origin)
    {
        var text = origin.ToLowerInvariant();
        return text.StartsWith(Scheme, StringComparison.Ordinal) && text.EndsWith(Domain, StringComparison.Ordinal)
            && text.Length > Scheme.Length + Domain.Length;
    }
}
