using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Culvert.Transports.Tls;

namespace Culvert.Engine.Origins.Certificates;

/// <summary>
/// Which certificate authorities may vouch for an origin: the system's, the three built-in ones, and those of a file
/// (ingress-and-config, section 10.3). Immutable.
/// </summary>
internal sealed class OriginTrust
{
    // Read once for the process: the system's store holds more than a hundred certificates.
    private static readonly Lazy<X509Certificate2Collection> SystemRoots = new(() => EdgeTrust.Default().Roots);

    private readonly X509Certificate2Collection _own;

    private OriginTrust(X509Certificate2Collection own) => _own = own;

    /// <summary>Whether the file held a certificate, or none was named.</summary>
    public bool IsFileUsable { get; private init; } = true;

    /// <summary>Reads the file; an empty path names none. A readable file without a certificate counts as absent.</summary>
    /// <exception cref="IOException">The file cannot be read; the text is the original's.</exception>
    public static OriginTrust Load(string path)
    {
        if (path.Length == 0)
        {
            return new OriginTrust([]);
        }

        string text;
        try
        {
            text = File.ReadAllText(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new IOException(
                $"Error loading cert pool: unable to read the file {path} for --origin-ca-pool: {e.Message}", e);
        }

        var own = new X509Certificate2Collection();
        try
        {
            own.ImportFromPem(text);
        }
        catch (CryptographicException)
        {
            own.Clear();
        }

        return new OriginTrust(own) { IsFileUsable = own.Count > 0 };
    }

    /// <summary>Chain rules for one handshake; no revocation look-ups, as in the original.</summary>
    public X509ChainPolicy CreateChainPolicy()
    {
        var policy = new X509ChainPolicy
        {
            TrustMode = X509ChainTrustMode.CustomRootTrust,
            RevocationMode = X509RevocationMode.NoCheck,
        };
        policy.CustomTrustStore.AddRange(SystemRoots.Value);
        policy.CustomTrustStore.AddRange(_own);
        return policy;
    }
}
