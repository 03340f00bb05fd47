using Culvert.Ingress.OriginRequests;

namespace Culvert.Engine.Access;

/// <summary>Who issues the tokens of a team (ingress-and-config, section 4.1).</summary>
internal static class AccessIssuer
{
    /// <summary>Path of the team's keys, behind the issuer.</summary>
    public const string KeysPath = "/cdn-cgi/access/certs";

    private const string FederalEnvironment = "fed";

    /// <summary>The text that a token has to name as its issuer, exactly.</summary>
    public static string Of(AccessSettings settings) =>
        $"https://{settings.TeamName}{(settings.Environment == FederalEnvironment ? ".fed" : "")}.cloudflareaccess.com";
}
