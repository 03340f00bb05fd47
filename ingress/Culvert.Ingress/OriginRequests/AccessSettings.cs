namespace Culvert.Ingress.OriginRequests;

/// <summary>Which Access tokens requests need (ingress-and-config, section 3.6). Immutable.</summary>
public sealed record AccessSettings
{
    /// <summary>No tokens are needed.</summary>
    public static AccessSettings None { get; } = new();

    /// <summary>Whether a request without a valid token is refused.</summary>
    public bool Required { get; init; }

    /// <summary>The organisation that issues the tokens.</summary>
    public string TeamName { get; init; } = "";

    /// <summary>Audiences of which a token needs one; null when the key is absent.</summary>
    public IReadOnlyList<string>? AudienceTags { get; init; }

    /// <summary><c>fed</c> selects another issuer.</summary>
    public string Environment { get; init; } = "";
}
