using Culvert.CommandLine.Commands;
using Culvert.Transports.Credentials;

namespace Culvert.CommandLine.Credentials;

/// <summary>
/// The ways in which a tunnel's credentials can be given. The first of them that was used counts, in the order that they have
/// here, wherever it came from: a flag, a variable or the configuration (cli-api-access, section 4.2). What is empty was not
/// used.
/// </summary>
internal sealed record GivenCredentials
{
    /// <summary>The tunnel's token.</summary>
    public string? Token { get; init; }

    /// <summary>Path of a file that holds the token.</summary>
    public string? TokenFile { get; init; }

    /// <summary>The credentials as JSON.</summary>
    public string? Contents { get; init; }

    /// <summary>Path of a file that holds the credentials.</summary>
    public string? File { get; init; }

    /// <summary>Whether it is a token that counts; a token names its tunnel, and no argument changes that.</summary>
    public bool IsToken => Token is { Length: > 0 } || TokenFile is { Length: > 0 };

    /// <summary>Reads what counts.</summary>
    /// <param name="search">Knows what <c>~</c> stands for.</param>
    /// <returns>Null when nothing was given.</returns>
    /// <exception cref="UsageException">The token is not valid, or its file cannot be read.</exception>
    /// <exception cref="CredentialsException">The credentials are not valid, or their file cannot be read.</exception>
    public TunnelCredentials? Read(CredentialsSearch search) => Token is { Length: > 0 } token ? ParseToken(token)
        : TokenFile is { Length: > 0 } tokenFile ? ParseToken(ReadToken(search.Expand(tokenFile)))
        : Contents is { Length: > 0 } json ? CredentialsFile.Parse(json)
        : File is { Length: > 0 } file ? CredentialsFile.Read(search.Expand(file)) : null;

    private static TunnelCredentials ParseToken(string token)
    {
        try
        {
            return TunnelToken.Parse(token);
        }
        catch (CredentialsException e)
        {
            throw new UsageException(e.Message, e);
        }
    }

    private static string ReadToken(string path)
    {
        try
        {
            return System.IO.File.ReadAllText(path).Trim();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new UsageException($"--token-file: Failed to read token file: {e.Message}", e);
        }
    }
}
