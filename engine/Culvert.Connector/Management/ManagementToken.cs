using System.Buffers.Text;
using System.Text.Json;

namespace Culvert.Connector.Management;

/// <summary>
/// What a management token says (supervisor-and-operations, section 7.1). The edge has verified its signature, its expiry and
/// whom it is for; a connector has no key to do so. Immutable.
/// </summary>
/// <param name="TunnelId">The tunnel that it is for.</param>
/// <param name="AccountTag">The account of the tunnel.</param>
/// <param name="Actor">Who asks; one actor streams logs at a time.</param>
public sealed record ManagementToken(string TunnelId, string AccountTag, string Actor)
{
    /// <summary>Longest token, in characters.</summary>
    public const int MaxLength = 16 * 1024;

    private const string Algorithm = "ES256";

    private static readonly JsonDocumentOptions Options = new() { MaxDepth = 16 };

    /// <summary>Who issued it; empty when it does not say.</summary>
    public string Issuer { get; private init; } = "";

    /// <summary>Reads a token in compact form.</summary>
    /// <returns>Null when it is not one, is signed with another algorithm, or lacks a claim.</returns>
    public static ManagementToken? Parse(string? token)
    {
        if (token is null || token.Length > MaxLength
            || token.Split('.') is not [var header, var payload, { Length: > 0 } signature]
            || !Base64Url.IsValid(signature))
        {
            return null;
        }

        using var head = ReadObject(header);
        using var claims = ReadObject(payload);
        if (head is null || claims is null || Text(head.RootElement, "alg") != Algorithm)
        {
            return null;
        }

        var root = claims.RootElement;
        return Member(root, "tun") is { } tunnel && Text(tunnel, "id") is { Length: > 0 } id
            && Text(tunnel, "account_tag") is { Length: > 0 } account
            && Member(root, "actor") is { } actor && Text(actor, "id") is { Length: > 0 } who
            ? new ManagementToken(id, account, who) { Issuer = Text(root, "iss") ?? "" } : null;
    }

    private static JsonDocument? ReadObject(string part)
    {
        try
        {
            var document = JsonDocument.Parse(Base64Url.DecodeFromChars(part), Options);
            if (document.RootElement.ValueKind == JsonValueKind.Object)
            {
                return document;
            }

            document.Dispose();
            return null;
        }
        catch (Exception e) when (e is FormatException or JsonException)
        {
            return null;
        }
    }

    private static JsonElement? Member(JsonElement element, string name) =>
        element.TryGetProperty(name, out var member) && member.ValueKind == JsonValueKind.Object ? member : null;

    private static string? Text(JsonElement element, string name)
    {
        try
        {
            return element.TryGetProperty(name, out var member) && member.ValueKind == JsonValueKind.String
                ? member.GetString() : null;
        }
        catch (InvalidOperationException)
        {
            // Half of a surrogate pair.
            return null;
        }
    }
}
