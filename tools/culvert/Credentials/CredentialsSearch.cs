using Culvert.CommandLine.Commands;
using Culvert.Ingress.Files;
using Culvert.Transports.Credentials;

namespace Culvert.CommandLine.Credentials;

/// <summary>Finds the credentials of a tunnel whose UUID is known (ingress-and-config, section 9.3).</summary>
/// <param name="home">The user's home directory.</param>
internal sealed class CredentialsSearch(string home)
{
    /// <summary>A path with a leading <c>~/</c> made into one of the home directory.</summary>
    public string Expand(string path) =>
        path.StartsWith("~/", StringComparison.Ordinal) || path.StartsWith("~\\", StringComparison.Ordinal)
            ? Path.Join(home, path[1..]) : path;

    /// <summary>
    /// The origin certificate: the given file, else the first <c>cert.pem</c> beside where configurations are looked for.
    /// </summary>
    /// <returns>Null when there is none.</returns>
    public string? OriginCertificate(string? given)
    {
        var candidates = given is { Length: > 0 } ? [Expand(given)]
            : ConfigurationFileSearch.Directories.Select(directory => Path.Join(Expand(directory), "cert.pem"));
        return candidates.FirstOrDefault(File.Exists);
    }

    /// <summary>
    /// Reads the first <c>UUID.json</c> beside the origin certificate, or where configurations are looked for.
    /// </summary>
    /// <exception cref="CommandException">There is none.</exception>
    /// <exception cref="CredentialsException">It is not valid.</exception>
    public TunnelCredentials Find(Guid tunnel, string? originCertificate)
    {
        var beside = Path.GetDirectoryName(OriginCertificate(originCertificate));
        string[] directories = [
            .. beside is null ? [] : (string[])[beside], .. ConfigurationFileSearch.Directories.Select(Expand)];
        var path = directories.Select(directory => Path.Join(directory, $"{tunnel}.json")).FirstOrDefault(File.Exists)
            ?? throw new CommandException(
                "tunnel credentials file not found: " +
                $"no {tunnel}.json in {string.Join(" or ", directories)}; use --credentials-file");
        return CredentialsFile.Read(path) with { TunnelId = tunnel };
    }
}
