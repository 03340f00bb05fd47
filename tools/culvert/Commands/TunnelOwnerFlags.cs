using System.CommandLine;
using Culvert.CommandLine.Credentials;
using Culvert.CommandLine.Tailing;
using Culvert.Ingress.Files;
using Culvert.Transports.Credentials;

namespace Culvert.CommandLine.Commands;

/// <summary>
/// Flags that prove whose tunnel it is: a login's certificate for the hosted API, or the tunnel's own credentials for that of an
/// edge node (cli-api-access, section 12.1).
/// </summary>
internal sealed class TunnelOwnerFlags
{
    private const string HostedApi = "https://api.cloudflare.com/client/v4";

    private readonly Option<string?> _api = new("--api-url")
    {
        Description = "The API that issues management tokens, such as http://127.0.0.1:8081 of 'culvert edge'.",
        HelpName = "URL",
        DefaultValueFactory = _ => Environment.GetEnvironmentVariable("TUNNEL_API_URL"),
        Recursive = true,
    };

    private readonly Option<string?> _certificate = new("--origincert")
    {
        Description = "File that a login left.",
        HelpName = "FILE",
        DefaultValueFactory = _ => Environment.GetEnvironmentVariable("TUNNEL_ORIGIN_CERT"),
        Recursive = true,
    };

    private readonly Option<string?> _credentials = new("--credentials-file", "--cred-file")
    {
        Description = "File that holds the tunnel's credentials, for an edge node of your own.",
        HelpName = "FILE",
        DefaultValueFactory = _ => Environment.GetEnvironmentVariable("TUNNEL_CRED_FILE"),
        Recursive = true,
    };

    private readonly Option<string?> _tokenFile = new("--token-file")
    {
        Description = "File that holds the tunnel's token, in place of its credentials.",
        HelpName = "FILE",
        DefaultValueFactory = _ => Environment.GetEnvironmentVariable("TUNNEL_TOKEN_FILE"),
        Recursive = true,
    };

    public void AddTo(Command command)
    {
        command.Options.Add(_api);
        command.Options.Add(_certificate);
        command.Options.Add(_credentials);
        command.Options.Add(_tokenFile);
    }

    /// <summary>Reads the proof.</summary>
    /// <param name="parsed">The command line.</param>
    /// <param name="tunnel">The tunnel that it names; null when it names none.</param>
    /// <exception cref="TailException">There is none, or it is not usable; the text says which.</exception>
    public TunnelOwner Owner(ParseResult parsed, string? tunnel)
    {
        try
        {
            return OwnerOfTunnel(parsed, tunnel) ?? OwnerOfAccount(parsed, tunnel);
        }
        catch (Exception e) when (e is UsageException or CredentialsException or IOException or UnauthorizedAccessException)
        {
            throw new TailException(e.Message, e);
        }
    }

    // The tunnel's secret goes to an edge node that is named, and nowhere else.
    private TunnelOwner? OwnerOfTunnel(ParseResult parsed, string? tunnel)
    {
        if (parsed.GetValue(_api) is not { Length: > 0 } text)
        {
            return null;
        }

        // As for 'tunnel run'; what has a flag there that means something else here comes from the variable alone.
        var given = new GivenCredentials
        {
            Token = Environment.GetEnvironmentVariable("TUNNEL_TOKEN"),
            TokenFile = parsed.GetValue(_tokenFile),
            Contents = Environment.GetEnvironmentVariable("TUNNEL_CRED_CONTENTS"),
            File = parsed.GetValue(_credentials),
        };
        if (given.Read(new CredentialsSearch(ConfigurationFileSearch.Home)) is not { } credentials)
        {
            return null;
        }

        var id = tunnel is { Length: > 0 } ? Id(tunnel)
            : credentials.TunnelId != Guid.Empty ? credentials.TunnelId : throw new TailException("no tunnel ID provided");
        return credentials.TunnelId == Guid.Empty || credentials.TunnelId == id
            ? new TunnelOwner(Api(text), credentials.AccountTag, id, TunnelToken.Format(credentials with { TunnelId = id }))
            : throw new TailException($"the credentials are those of tunnel {credentials.TunnelId}, not of {id}");
    }

    private TunnelOwner OwnerOfAccount(ParseResult parsed, string? tunnel)
    {
        var id = tunnel is { Length: > 0 } ? Id(tunnel) : throw new TailException("no tunnel ID provided");
        var path = new CredentialsSearch(ConfigurationFileSearch.Home).OriginCertificate(parsed.GetValue(_certificate))
            ?? throw new TailException(
                "unable to acquire management token for requested tunnel id: give --token, or --api-url and " +
                "--credentials-file, or --origincert");
        var certificate = OriginCertificate.Parse(File.ReadAllText(path));
        var api = certificate.Endpoint == "fed" ? "https://api.fed.cloudflare.com/client/v4"
            : parsed.GetValue(_api) is { Length: > 0 } given ? given : HostedApi;
        return new TunnelOwner(Api(api), certificate.AccountId, id, certificate.ApiToken);
    }

    private static Guid Id(string text) => UuidConverter.TryParse(text, out var id) ? id
        : throw new TailException($"unable to parse provided tunnel id as a valid UUID: {text}");

    private static Uri Api(string text) =>
        Uri.TryCreate(text, UriKind.Absolute, out var url) && url.Scheme is "http" or "https" ? url
            : throw new TailException($"--api-url: '{text}' is no URL such as http://127.0.0.1:8081");
}
