using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Culvert.Engine.Tests.Fixtures;

/// <summary>A self-signed certificate for one name.</summary>
internal sealed class TestCertificate : IDisposable
{
    public TestCertificate(string name)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName(name);
        request.CertificateExtensions.Add(names.Build());
        Certificate = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
    }

    public X509Certificate2 Certificate { get; }

    /// <summary>Writes the certificate where a setting can name it.</summary>
    public string WritePem(string folder)
    {
        var path = Path.Combine(folder, "ca.pem");
        File.WriteAllText(path, Certificate.ExportCertificatePem());
        return path;
    }

    public void Dispose() => Certificate.Dispose();
}
