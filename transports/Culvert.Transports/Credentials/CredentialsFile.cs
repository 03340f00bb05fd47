using System.Text.Json;

namespace Culvert.Transports.Credentials;

/// <summary>The JSON form of credentials that <c>tunnel create</c> leaves behind (cli-api-access, section 4.2).</summary>
public static class CredentialsFile
{
    /// <summary>Reads the JSON text; member names match in any case, unknown members are ignored.</summary>
    /// <exception cref="CredentialsException">Not JSON, or a member has the wrong form.</exception>
    public static TunnelCredentials Parse(string json)
    {
        ArgumentNullException.ThrowIfNull(json);
        try
        {
            var members = JsonSerializer.Deserialize(json, CredentialsJson.Default.CredentialsFileMembers)
                ?? throw new CredentialsException("Invalid JSON when parsing tunnel credentials file");
            return new TunnelCredentials(
                members.AccountTag ?? "", members.TunnelId, members.TunnelSecret ?? [], members.Endpoint ?? "");
        }
        catch (JsonException e)
        {
            throw new CredentialsException($"Invalid JSON when parsing tunnel credentials file: {e.Message}", e);
        }
    }

    /// <summary>Reads a credentials file.</summary>
    /// <exception cref="CredentialsException">The file is missing, unreadable or not valid; the text names it.</exception>
    public static TunnelCredentials Read(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        if (!File.Exists(path))
        {
            throw new CredentialsException($"Tunnel credentials file '{path}' doesn't exist or is not a file");
        }

        try
        {
            return Parse(File.ReadAllText(path));
        }
        catch (Exception e) when (e is CredentialsException or IOException or UnauthorizedAccessException)
        {
            var hint = path.EndsWith(".pem", StringComparison.OrdinalIgnoreCase)
                ? "The tunnel credentials file should be .json but you gave a .pem. " : "";
            throw new CredentialsException($"{hint}{e.Message} (in {path})", e);
        }
    }
}
