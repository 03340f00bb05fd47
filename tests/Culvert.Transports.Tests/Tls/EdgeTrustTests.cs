using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Culvert.Tests.Fixtures;
using Culvert.Transports.Tls;

namespace Culvert.Transports.Tests.Tls;

public sealed class EdgeTrustTests : IDisposable
{
    /// <summary>SHA-256 of the built-in roots (quic-and-rpc, Appendix A).</summary>
    private static readonly string[] BuiltIn =
    [
        "aa63697a22764b67b2134ce14cb5690ea336940b93986113f49545917832d80d",
        "d3c7e85c91707fc0a12abc5d88266747aa4fa8e7b162f633ffb3c9d989947620",
        "9a1ac2b4be15f9f27eee20a734cba4e9898f61001b3bd7c84b69b56a3e25a2b9",
    ];

    private readonly string _directory = Directory.CreateTempSubdirectory("culvert-trust").FullName;

    [Fact]
    public void Default_holds_the_built_in_roots() =>
        Assert.Empty(BuiltIn.Except(Hashes(EdgeTrust.Default())));

    [Fact]
    public void File_replaces_all_other_roots()
    {
        using var own = CreateRoot("own");
        using var other = CreateRoot("other");
        var path = Write($"# two roots\n{own.ExportCertificatePem()}\n{other.ExportCertificatePem()}\n");

        Assert.Equal(
            new[] { own, other }.Select(Hash).Order(), Hashes(EdgeTrust.FromFile(path)).Order());
    }

    [Fact]
    public void File_without_any_certificate_counts_as_absent() =>
        Assert.Empty(BuiltIn.Except(Hashes(EdgeTrust.FromFile(Write("# nothing here\n")))));

    [Fact]
    public void Missing_file_is_named()
    {
        var path = Path.Combine(_directory, "none.pem");

        var e = Assert.Throws<EdgeTrustException>(() => EdgeTrust.FromFile(path));
        Assert.StartsWith($"Error reading certificate {path}: ", e.Message);
    }

    [Fact]
    public void File_that_changes_is_followed_and_a_useless_one_leaves_the_old()
    {
        using var first = CreateRoot("first");
        using var second = CreateRoot("second with a longer name");
        var time = new FakeTime();
        var told = new List<string>();
        var path = Write(first.ExportCertificatePem());
        var trust = EdgeTrust.FromFile(path, told.Add, time);
        Assert.Equal([Hash(first)], Hashes(trust));

        File.WriteAllText(path, second.ExportCertificatePem());
        Assert.Equal([Hash(first)], Hashes(trust));
        time.Advance(FollowedFile.Interval);
        Assert.Equal([Hash(second)], Hashes(trust));
        Assert.Equal([Hash(second)], trust.OwnRoots.Select(Hash));
        Assert.Equal(Hash(second), Assert.Single(trust.CreateChainPolicy().CustomTrustStore.Select(Hash)));

        foreach (var useless in new[] { "# nothing", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n" })
        {
            told.Clear();
            File.WriteAllText(path, useless);
            time.Advance(FollowedFile.Interval);
            Assert.Equal([Hash(second)], Hashes(trust));
            time.Advance(FollowedFile.Interval);
            Assert.Equal([Hash(second)], Hashes(trust));
            Assert.Contains(path, Assert.Single(told), StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Directory_in_place_of_a_file_is_named() =>
        Assert.StartsWith(
            $"Error reading certificate {_directory}: ",
            Assert.Throws<EdgeTrustException>(() => EdgeTrust.FromFile(_directory)).Message);

    [Fact]
    public void Damaged_certificate_is_an_error_that_names_the_file()
    {
        var path = Write("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n");

        Assert.StartsWith(
            $"Error reading certificate {path}: ", Assert.Throws<EdgeTrustException>(() => EdgeTrust.FromFile(path)).Message);
    }

    [Fact]
    public void Chain_of_another_root_does_not_verify()
    {
        using var own = CreateRoot("own");
        using var other = CreateRoot("other");
        using var chain = new X509Chain { ChainPolicy = EdgeTrust.Only(own).CreateChainPolicy() };

        Assert.True(chain.Build(own));
        chain.Reset();
        chain.ChainPolicy = EdgeTrust.Only(own).CreateChainPolicy();
        Assert.False(chain.Build(other));
    }

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    private string Write(string text)
    {
        var path = Path.Combine(_directory, "ca.pem");
        File.WriteAllText(path, text);
        return path;
    }

    private static IEnumerable<string> Hashes(EdgeTrust trust) => trust.Roots.Select(Hash);

    private static string Hash(X509Certificate2 certificate) =>
        certificate.GetCertHashString(HashAlgorithmName.SHA256).ToLowerInvariant();

    private static X509Certificate2 CreateRoot(string name)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        return request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
    }
}
