using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Culvert.Transports.Tls;

/// <summary>
/// Which certificate authorities a connector trusts to vouch for an edge node (quic-and-rpc, section 1.2). Those of a file follow
/// the file. Thread-safe.
/// </summary>
public sealed class EdgeTrust
{
    private readonly Content? _fixed;
    private readonly FollowedFile<Content>? _file;

    private EdgeTrust(Content content) => _fixed = content;

    private EdgeTrust(FollowedFile<Content> file) => _file = file;

    /// <summary>All trusted roots, the system's included. Shared; not to be changed.</summary>
    public X509Certificate2Collection Roots => Current.Roots;

    /// <summary>
    /// The trusted roots without the system's. Shared; not to be changed; another object when the file has changed.
    /// </summary>
    public X509Certificate2Collection OwnRoots => Current.OwnRoots;

    /// <summary>Whether the system's roots are trusted as well.</summary>
    public bool TrustsSystem => Current.TrustsSystem;

    private Content Current => _fixed ?? _file!.Current;

    /// <summary>The system's roots and the three built-in ones (Appendix A).</summary>
    public static EdgeTrust Default()
    {
        var roots = new X509Certificate2Collection();
        roots.ImportFromPem(ReadBuiltIn());
        return new EdgeTrust(new Content(roots, trustsSystem: true));
    }

    /// <summary>
    /// Only the certificates of a PEM file, which replaces the system's roots. A readable file without any certificate counts
    /// as absent, as operators of the original expect (cli-api-access, section 4.7). A file that changes is read again, looked at
    /// once a second at most when an edge is dialled; what cannot be used then, or holds no certificate, leaves the old ones.
    /// </summary>
    /// <param name="path">The file.</param>
    /// <param name="kept">Hears why a changed file is not used, once for each change; null for nobody.</param>
    /// <param name="time">The clock of looks at the file; null for the system's.</param>
    /// <exception cref="EdgeTrustException">
    /// The file cannot be read or holds a damaged certificate; the text names the file.
    /// </exception>
    public static EdgeTrust FromFile(string path, Action<string>? kept = null, TimeProvider? time = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        if (Read(path) is { Count: 0 })
        {
            return Default();
        }

        return new EdgeTrust(new FollowedFile<Content>(
            path,
            file => Read(file) is { Count: > 0 } roots ? new Content(roots, trustsSystem: false)
                : throw new EdgeTrustException($"there is no certificate in {file}"),
            failure => kept?.Invoke(failure.Message),
            time ?? TimeProvider.System));
    }

    /// <summary>Only this certificate authority.</summary>
    public static EdgeTrust Only(X509Certificate2 authority)
    {
        ArgumentNullException.ThrowIfNull(authority);
        return new EdgeTrust(new Content([authority], trustsSystem: false));
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

    private static X509Certificate2Collection Read(string path)
    {
        var roots = new X509Certificate2Collection();
        try
        {
            roots.ImportFromPem(File.ReadAllText(path));
            return roots;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or CryptographicException)
        {
            throw new EdgeTrustException($"Error reading certificate {path}: {e.Message}", e);
        }
    }

    private static string ReadBuiltIn()
    {
        using var stream = typeof(EdgeTrust).Assembly.GetManifestResourceStream("Culvert.BuiltInRoots.pem")!;
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }

    private sealed class Content
    {
        public Content(X509Certificate2Collection own, bool trustsSystem)
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

        public X509Certificate2Collection Roots { get; }

        public X509Certificate2Collection OwnRoots { get; }

        public bool TrustsSystem { get; }
    }
}
