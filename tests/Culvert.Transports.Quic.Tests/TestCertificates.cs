using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Culvert.Transports.Quic.Tests;

/// <summary>A certificate authority and server certificates, made once per test run.</summary>
internal static class TestCertificates
{
    public const string Name = "edge.example";

    public static readonly TestCertificate Server = Create(Name, DateTimeOffset.UtcNow.AddDays(-1),
        DateTimeOffset.UtcNow.AddDays(1));

    /// <summary>The same name under another authority.</summary>
    public static readonly TestCertificate Other = Create(Name, DateTimeOffset.UtcNow.AddDays(-1),
        DateTimeOffset.UtcNow.AddDays(1));

    public static readonly TestCertificate Expired = Create(Name, DateTimeOffset.UtcNow.AddDays(-3),
        DateTimeOffset.UtcNow.AddDays(-2));

    private static TestCertificate Create(string name, DateTimeOffset from, DateTimeOffset to)
    {
        using var rootKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var rootRequest = new CertificateRequest($"CN=Test authority {Guid.NewGuid()}", rootKey, HashAlgorithmName.SHA256);
        rootRequest.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        using var root = rootRequest.CreateSelfSigned(from.AddDays(-1), to.AddDays(1));
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName(name);
        request.CertificateExtensions.Add(names.Build());
        using var certificate = request.Create(root, from, to, [1, 2, 3, 4]);
        return new TestCertificate(root.ExportCertificatePem(), certificate.ExportCertificatePem(),
            key.ExportPkcs8PrivateKeyPem());
    }
}

internal sealed record TestCertificate(string RootPem, string CertificatePem, string KeyPem);
