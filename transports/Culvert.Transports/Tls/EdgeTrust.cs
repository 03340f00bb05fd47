using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Culvert.Transports.Tls;

/// <summary>Which certificate authorities a connector trusts to vouch for an edge node (quic-and-rpc, section 1.2).</summary>
public sealed class EdgeTrust
{
    private EdgeTrust(X509Certificate2Collection own, bool trustsSystem)
    {
        OwnRoots = own;
        TrustsSystem = trustsSystem;
        Roots = [.. own];
        if (trustsSystem)
        {
            using var store = new X509Store(StoreName.Root, StoreLocation.LocalMachine, OpenFlags.ReadOnly);
            Roots.AddRange(store.Certificates);
        }
    }

    /// <summary>All trusted roots, the system's included. Shared; not to be changed.</summary>
    public X509Certificate2Collection Roots { get; }

    /// <summary>The trusted roots without the system's. Shared; not to be changed.</summary>
    public X509Certificate2Collection OwnRoots { get; }

    /// <summary>Whether the system's roots are trusted as well.</summary>
    public bool TrustsSystem { get; }

    /// <summary>The system's roots and the three built-in ones (Appendix A).</summary>
    public static EdgeTrust Default()
    {
        var roots = new X509Certificate2Collection();
        roots.ImportFromPem(ReadBuiltIn());
        return new EdgeTrust(roots, trustsSystem: true);
    }

    /// <summary>
    /// Only the certificates of a PEM file, which replaces the system's roots. A readable file without any certificate counts
    /// as absent, as operators of the original expect (cli-api-access, section 4.7).
    /// </summary>
    /// <exception cref="EdgeTrustException">The file cannot be read or holds a damaged certificate; the text names the file.</exception>
    public static EdgeTrust FromFile(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        var roots = new X509Certificate2Collection();
        try
        {
            roots.ImportFromPem(File.ReadAllText(path));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or CryptographicException)
        {
            throw new EdgeTrustException($"Error reading certificate {path}: {e.Message}", e);
        }

        return roots.Count == 0 ? Default() : new EdgeTrust(roots, trustsSystem: false);
    }

    /// <summary>Only this certificate authority.</summary>
    public static EdgeTrust Only(X509Certificate2 authority)
    {
        ArgumentNullException.ThrowIfNull(authority);
        return new EdgeTrust([authority], trustsSystem: false);
    }

    /// <summary>Chain rules for verifying an edge: these roots, no revocation look-ups (edges publish none).</summary>
    public X509ChainPolicy CreateChainPolicy()
    {
        var policy = new X509ChainPolicy
        {
            TrustMode = X509ChainTrustMode.CustomRootTrust,
            RevocationMode = X509RevocationMode.NoCheck,
        };
        policy.CustomTrustStore.AddRange(Roots);
        return policy;
    }

    private static string ReadBuiltIn()
    {
        using var stream = typeof(EdgeTrust).Assembly.GetManifestResourceStream("Culvert.BuiltInRoots.pem")!;
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }
}
