using System.Globalization;
using System.Text.Json;

namespace Culvert.Engine.Access;

/// <summary>The claims of a token that decide. Immutable.</summary>
internal sealed record AccessTokenClaims
{
    private static readonly JsonDocumentOptions Options = new() { MaxDepth = 16 };

    /// <summary>Who issued the token; empty when it does not say.</summary>
    public string Issuer { get; private init; } = "";

    /// <summary>Whom it is for.</summary>
    public IReadOnlyList<string> Audiences { get; private init; } = [];

    /// <summary>When it ends; the beginning of time when it does not say, so that it has ended.</summary>
    public DateTimeOffset Expires { get; private init; } = DateTimeOffset.MinValue;

    /// <summary>When it begins, or null.</summary>
    public DateTimeOffset? NotBefore { get; private init; }

    /// <summary>Reads the claims, whose signature was checked.</summary>
    /// <exception cref="AccessTokenException">Not claims.</exception>
    public static AccessTokenClaims Parse(ReadOnlyMemory<byte> json)
    {
        try
        {
            using var document = JsonDocument.Parse(json, Options);
            var root = document.RootElement;
            return new AccessTokenClaims
            {
                Issuer = Find(root, "iss") is { } issuer ? issuer.GetString() ?? "" : "",
                Audiences = Find(root, "aud") is { } audience ? ReadAudiences(audience) : [],
                Expires = Find(root, "exp") is { } expires ? ReadTime(expires) : DateTimeOffset.MinValue,
                NotBefore = Find(root, "nbf") is { } begins ? ReadTime(begins) : null,
            };
        }
        catch (Exception e)
            when (e is JsonException or InvalidOperationException or FormatException or ArgumentOutOfRangeException)
        {
            throw new AccessTokenException($"oidc: failed to unmarshal claims: {e.Message}", e);
        }
    }

    private static JsonElement? Find(JsonElement root, string name) =>
        root.TryGetProperty(name, out var value) && value.ValueKind != JsonValueKind.Null ? value : null;

    private static string[] ReadAudiences(JsonElement value) => value.ValueKind == JsonValueKind.Array
        ? [.. value.EnumerateArray().Select(audience => audience.GetString() ?? "")] : [value.GetString() ?? ""];

    // Whole seconds, with a fraction that does not count, or either of them as text.
    private static DateTimeOffset ReadTime(JsonElement value)
    {
        var seconds = value.ValueKind == JsonValueKind.String
            ? double.Parse(value.GetString()!, NumberStyles.Float, CultureInfo.InvariantCulture) : value.GetDouble();
        return double.IsFinite(seconds) && Math.Abs(seconds) < long.MaxValue / 2
            ? DateTimeOffset.FromUnixTimeSeconds((long)seconds) : throw new FormatException("a time is out of range");
    }
}
