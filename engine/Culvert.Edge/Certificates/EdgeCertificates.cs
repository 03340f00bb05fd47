using System.Globalization;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Culvert.Transports.Tls;

namespace Culvert.Edge.Certificates;

/// <summary>The node's own certificate authority and the certificate it shows to connectors.</summary>
public sealed class EdgeCertificates : IDisposable
{
    private const string AuthorityFile = "ca.pem";
    private const string AuthorityKeyFile = "ca-key.pem";
    private const string ServerFile = "edge.pem";
    private const string ServerKeyFile = "edge-key.pem";

    private static readonly TimeSpan AuthorityLifetime = TimeSpan.FromDays(3650);
    private static readonly TimeSpan ServerLifetime = TimeSpan.FromDays(397);
    private static readonly TimeSpan RenewBefore = TimeSpan.FromDays(30);

    private EdgeCertificates(X509Certificate2 authority, X509Certificate2 server, string? authorityPath)
    {
        Authority = authority;
        Server = server;
        AuthorityPath = authorityPath;
    }

    /// <summary>The authority that connectors have to trust.</summary>
    public X509Certificate2 Authority { get; }

    /// <summary>Certificate with key, good for every name that connectors ask for.</summary>
    public X509Certificate2 Server { get; }

    /// <summary>File for the connectors' <c>--cacert</c>; null when the authority lives in memory only.</summary>
    public string? AuthorityPath { get; }

    /// <summary>What connectors will refuse because of its dates, and those; null for nothing.</summary>
    public string? Invalidity(DateTimeOffset now)
    {
        if (AuthorityPath is null)
        {
            return null;
        }

        return Invalidity(Server, Path.Combine(Path.GetDirectoryName(AuthorityPath)!, ServerFile), now)
            ?? (IsSignedBy(Server, Authority) ? Invalidity(Authority, AuthorityPath, now) : null);
    }

    /// <summary>Makes an authority and a certificate that end with the process.</summary>
    public static EdgeCertificates CreateInMemory(DateTimeOffset now)
    {
        using var authority = CreateAuthority(now);
        return new EdgeCertificates(
            X509CertificateLoader.LoadCertificate(authority.RawDataMemory.Span), CreateServer(authority, now),
            authorityPath: null);
    }

    /// <summary>
    /// Loads the node's certificates from a directory and makes what is missing, about to end, or of a date that is yet to come.
    /// Keys are readable by the owner alone. The authority is never replaced: connectors pin it. Nor is a certificate that
    /// another authority has signed: somebody put it there.
    /// </summary>
    /// <exception cref="IOException">
    /// The directory cannot be used, or a file in it is missing or damaged, or the authority that has to sign is not valid now;
    /// the text names it.
    /// </exception>
    public static EdgeCertificates LoadOrCreate(string directory, DateTimeOffset now)
    {
        ArgumentException.ThrowIfNullOrEmpty(directory);
        var authorityPath = Path.Combine(directory, AuthorityFile);
        var serverPath = Path.Combine(directory, ServerFile);
        try
        {
            Directory.CreateDirectory(directory);
            var isNew = !File.Exists(authorityPath);
            if (isNew)
            {
                using var created = CreateAuthority(now);
                Save(directory, AuthorityKeyFile, AuthorityFile, created);
            }

            using var authority = Load(authorityPath, Path.Combine(directory, AuthorityKeyFile));

            // A certificate of an earlier authority is worth nothing under a new one.
            if (isNew || !File.Exists(serverPath) || IsOver(serverPath, authority, now))
            {
                if (Invalidity(authority, authorityPath, now) is { } wrong)
                {
                    throw new IOException(
                        $"{wrong}, so it signs nothing: correct the date, or delete it to have a new one made, which connectors need");
                }

                using var created = CreateServer(authority, now);
                Save(directory, ServerKeyFile, ServerFile, created);
            }

            return new EdgeCertificates(
                X509CertificateLoader.LoadCertificate(authority.RawDataMemory.Span),
                Load(serverPath, Path.Combine(directory, ServerKeyFile)),
                authorityPath);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or CryptographicException)
        {
            throw new IOException($"cannot use the certificates in {directory}: {e.Message}", e);
        }
    }

    /// <summary>Files of the certificate that is shown to connectors and of its key.</summary>
    public static (string Certificate, string Key) ServerPaths(string directory) =>
        (Path.Combine(directory, ServerFile), Path.Combine(directory, ServerKeyFile));

    /// <summary>
    /// Loads the certificate that is shown to connectors, which somebody else may have replaced; makes nothing.
    /// </summary>
    /// <returns>The certificate with its key, which is the caller's.</returns>
    /// <exception cref="IOException">
    /// A file is missing or damaged, they do not belong together, or the certificate is not valid now; the text names the file.
    /// </exception>
    public static X509Certificate2 LoadServer(string directory, DateTimeOffset now)
    {
        var (path, keyPath) = ServerPaths(directory);
        try
        {
            var server = Load(path, keyPath);
            if (Invalidity(server, path, now) is not { } wrong)
            {
                return server;
            }

            server.Dispose();
            throw new IOException(wrong);
        }
        catch (Exception e) when (e is UnauthorizedAccessException or ArgumentException)
        {
            throw new IOException($"{path} with {keyPath}: {e.Message}", e);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Authority.Dispose();
        Server.Dispose();
    }

    private static X509Certificate2 Load(string path, string keyPath)
    {
        try
        {
            return X509Certificate2.CreateFromPemFile(path, keyPath);
        }
        catch (CryptographicException e)
        {
            throw new IOException($"{path} with {keyPath}: {e.Message}", e);
        }
    }

    // One that begins later was made while the machine's date was wrong, unless it is wrong now: then the authority begins later
    // too.
    private static bool IsOver(string path, X509Certificate2 authority, DateTimeOffset now)
    {
        try
        {
            using var certificate = X509CertificateLoader.LoadCertificateFromFile(path);
            return IsSignedBy(certificate, authority)
                && (certificate.NotAfter.ToUniversalTime() < (now + RenewBefore).UtcDateTime
                    || (certificate.NotBefore > now && authority.NotBefore <= now));
        }
        catch (CryptographicException e)
        {
            throw new IOException($"{path}: {e.Message}", e);
        }
    }

    private static bool IsSignedBy(X509Certificate2 certificate, X509Certificate2 authority)
    {
        var signer = certificate.Extensions.OfType<X509AuthorityKeyIdentifierExtension>().FirstOrDefault()?.KeyIdentifier;
        var key = authority.Extensions.OfType<X509SubjectKeyIdentifierExtension>().FirstOrDefault()?.SubjectKeyIdentifierBytes;
        return signer is { } of && key is { } its && of.Span.SequenceEqual(its.Span);
    }

    private static string? Invalidity(X509Certificate2 certificate, string path, DateTimeOffset now)
    {
        var (begins, ends) = (certificate.NotBefore.ToUniversalTime(), certificate.NotAfter.ToUniversalTime());
        return now.UtcDateTime >= begins && now.UtcDateTime <= ends ? null
            : string.Create(CultureInfo.InvariantCulture, $"{path} is valid from {begins:s}Z to {ends:s}Z only");
    }

    private static X509Certificate2 CreateAuthority(DateTimeOffset now)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=Culvert edge authority", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, true, 0, true));
        request.CertificateExtensions.Add(
            new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.CrlSign, true));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, false));
        return request.CreateSelfSigned(now.AddDays(-1), now + AuthorityLifetime);
    }

    private static X509Certificate2 CreateServer(X509Certificate2 authority, DateTimeOffset now)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=Culvert edge node", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        foreach (var name in EdgeServerNames.All)
        {
            names.AddDnsName(name);
        }

        request.CertificateExtensions.Add(names.Build());
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(false, false, 0, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.DigitalSignature, true));
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid("1.3.6.1.5.5.7.3.1")], false)); // serverAuth
        request.CertificateExtensions.Add(X509AuthorityKeyIdentifierExtension.CreateFromCertificate(authority, true, false));
        var ends = now + ServerLifetime;
        var authorityEnds = new DateTimeOffset(authority.NotAfter.ToUniversalTime());
        using var certificate = request.Create(
            authority, now.AddDays(-1), ends < authorityEnds ? ends : authorityEnds, RandomNumberGenerator.GetBytes(16));
        return certificate.CopyWithPrivateKey(key);
    }

    // A certificate file promises that its key is there: the old one goes first, then comes the key, then the new one. What a
    // crash leaves between is made again at the next start.
    private static void Save(string directory, string keyName, string certificateName, X509Certificate2 certificate)
    {
        using var key = certificate.GetECDsaPrivateKey()!;
        File.Delete(Path.Combine(directory, certificateName));
        WriteAtomically(Path.Combine(directory, keyName), key.ExportPkcs8PrivateKeyPem(), ownerOnly: true);
        WriteAtomically(Path.Combine(directory, certificateName), certificate.ExportCertificatePem(), ownerOnly: false);
    }

    private static void WriteAtomically(string path, string text, bool ownerOnly)
    {
        var temporary = path + ".new";
        File.Delete(temporary);
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (ownerOnly && !OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        }

        using (var file = new StreamWriter(temporary, options))
        {
            file.WriteLine(text);
        }

        File.Move(temporary, path, overwrite: true);
    }
}
