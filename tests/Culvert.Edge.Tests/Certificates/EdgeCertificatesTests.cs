using System.Security.Cryptography.X509Certificates;
using Culvert.Edge.Certificates;
using Culvert.Transports.Tls;

namespace Culvert.Edge.Tests.Certificates;

public sealed class EdgeCertificatesTests : IDisposable
{
    private static readonly DateTimeOffset Now = DateTimeOffset.UtcNow;

    private readonly string _directory = Path.Combine(Directory.CreateTempSubdirectory("culvert-edge").FullName, "new", "edge");

    [Fact]
    public void Server_certificate_has_every_name_and_its_chain_verifies()
    {
        using var certificates = EdgeCertificates.CreateInMemory(Now);

        Assert.True(certificates.Server.HasPrivateKey);
        Assert.False(certificates.Authority.HasPrivateKey);
        Assert.Null(certificates.AuthorityPath);
        Assert.All(EdgeServerNames.All, name => Assert.True(certificates.Server.MatchesHostname(name)));
        Assert.False(certificates.Server.MatchesHostname("example.com"));
        AssertChain(certificates);
    }

    [Fact]
    public void Authority_of_another_node_does_not_vouch()
    {
        using var certificates = EdgeCertificates.CreateInMemory(Now);
        using var other = EdgeCertificates.CreateInMemory(Now);
        using var chain = new X509Chain { ChainPolicy = EdgeTrust.Only(other.Authority).CreateChainPolicy() };

        Assert.False(chain.Build(certificates.Server));
    }

    [Fact]
    public void Saved_certificates_come_back()
    {
        using var made = EdgeCertificates.LoadOrCreate(_directory, Now);
        using var loaded = EdgeCertificates.LoadOrCreate(_directory, Now.AddDays(300));

        Assert.Equal(made.Authority.Thumbprint, loaded.Authority.Thumbprint);
        Assert.Equal(made.Server.Thumbprint, loaded.Server.Thumbprint);
        Assert.True(loaded.Server.HasPrivateKey);
        Assert.Equal(Path.Combine(_directory, "ca.pem"), loaded.AuthorityPath);
        Assert.Equal(made.Authority.Thumbprint, EdgeTrust.FromFile(loaded.AuthorityPath!).Roots[0].Thumbprint);
    }

    [Fact]
    public void Keys_are_readable_by_the_owner_alone_and_no_other_file_holds_one()
    {
        EdgeCertificates.LoadOrCreate(_directory, Now).Dispose();
        var files = Directory.GetFiles(_directory).Select(f => Path.GetFileName(f)!).Order(StringComparer.Ordinal);

        Assert.Equal(["ca-key.pem", "ca.pem", "edge-key.pem", "edge.pem"], files);
        foreach (var path in Directory.GetFiles(_directory))
        {
            Assert.Equal(
                path.EndsWith("-key.pem", StringComparison.Ordinal),
                File.ReadAllText(path).Contains("PRIVATE KEY", StringComparison.Ordinal));
            if (path.EndsWith("-key.pem", StringComparison.Ordinal) && !OperatingSystem.IsWindows())
            {
                Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(path));
            }
        }
    }

    [Theory]
    [InlineData(397 - 31, false)]
    [InlineData(397 - 29, true)]
    [InlineData(500, true)]
    public void Server_certificate_is_renewed_a_month_before_its_end_and_the_authority_stays(int days, bool renewed)
    {
        using var made = EdgeCertificates.LoadOrCreate(_directory, Now);
        using var later = EdgeCertificates.LoadOrCreate(_directory, Now.AddDays(days));

        Assert.Equal(renewed, made.Server.Thumbprint != later.Server.Thumbprint);
        Assert.Equal(made.Authority.Thumbprint, later.Authority.Thumbprint);
        Assert.True(later.Server.NotAfter.ToUniversalTime() > Now.AddDays(days).UtcDateTime);
    }

    [Fact]
    public void Certificate_never_outlives_its_authority()
    {
        EdgeCertificates.LoadOrCreate(_directory, Now).Dispose();
        using var late = EdgeCertificates.LoadOrCreate(_directory, Now.AddDays(3600));

        Assert.Equal(late.Authority.NotAfter, late.Server.NotAfter);
    }

    // A start while the machine's date is wrong, and the next one with the right date.
    [Theory]
    [InlineData(1, false)]
    [InlineData(3000, true)]
    public void Certificate_of_a_date_that_was_wrong_is_replaced_when_it_is_right_again(int days, bool replaced)
    {
        EdgeCertificates.LoadOrCreate(_directory, Now).Dispose();
        using var wrong = EdgeCertificates.LoadOrCreate(_directory, Now.AddDays(days));
        using var right = EdgeCertificates.LoadOrCreate(_directory, Now.AddMinutes(1));

        Assert.Equal(replaced, wrong.Server.Thumbprint != right.Server.Thumbprint);
        Assert.InRange(Now.UtcDateTime, right.Server.NotBefore.ToUniversalTime(), right.Server.NotAfter.ToUniversalTime());
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(-20_000)]
    public void Certificates_stay_while_the_date_is_before_all_of_them(int days)
    {
        using var made = EdgeCertificates.LoadOrCreate(_directory, Now);
        using var wrong = EdgeCertificates.LoadOrCreate(_directory, Now.AddDays(days));

        Assert.Equal(made.Server.Thumbprint, wrong.Server.Thumbprint);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-1)]
    [InlineData(390)]
    [InlineData(500)]
    public void Pair_of_another_authority_is_left_as_it_is(int days)
    {
        using var theirs = EdgeCertificates.LoadOrCreate(_directory, Now);
        var (certificate, key) = EdgeCertificates.ServerPaths(_directory);
        var pair = (File.ReadAllText(certificate), File.ReadAllText(key));
        foreach (var path in Directory.GetFiles(_directory))
        {
            File.Delete(path);
        }

        EdgeCertificates.LoadOrCreate(_directory, Now.AddDays(-30)).Dispose();
        File.WriteAllText(certificate, pair.Item1);
        File.WriteAllText(key, pair.Item2);

        using var loaded = EdgeCertificates.LoadOrCreate(_directory, Now.AddDays(days - 1).AddMinutes(-1));
        Assert.Equal(theirs.Server.Thumbprint, loaded.Server.Thumbprint);
        Assert.Equal(pair, (File.ReadAllText(certificate), File.ReadAllText(key)));
    }

    [Theory]
    [InlineData(0, null)]
    [InlineData(-20, "edge.pem is valid from ")]
    public void Dates_that_connectors_refuse_are_told(int days, string? told)
    {
        EdgeCertificates.LoadOrCreate(_directory, Now).Dispose();
        using var loaded = EdgeCertificates.LoadOrCreate(_directory, Now.AddDays(days));

        var wrong = loaded.Invalidity(Now.AddDays(days));
        Assert.Equal(told is not null, wrong?.Contains(told!, StringComparison.Ordinal) ?? false);
    }

    [Fact]
    public void Authority_that_has_ended_signs_nothing_and_is_named()
    {
        EdgeCertificates.LoadOrCreate(_directory, Now).Dispose();

        var e = Assert.Throws<IOException>(() => EdgeCertificates.LoadOrCreate(_directory, Now.AddDays(3651)));
        Assert.Contains($"ca.pem is valid from {Now.AddDays(-1).UtcDateTime:yyyy-MM-dd}", e.Message);
    }

    [Theory]
    [InlineData("ca.pem")]
    [InlineData("edge.pem")]
    [InlineData("ca-key.pem")]
    [InlineData("edge-key.pem")]
    public void Damaged_file_is_an_error_that_names_it(string name)
    {
        EdgeCertificates.LoadOrCreate(_directory, Now).Dispose();
        var path = Path.Combine(_directory, name);
        File.WriteAllText(path, "damaged");

        var e = Assert.Throws<IOException>(() => EdgeCertificates.LoadOrCreate(_directory, Now));
        Assert.Contains(path, e.Message);
    }

    [Fact]
    public void Missing_key_is_an_error_that_names_it()
    {
        EdgeCertificates.LoadOrCreate(_directory, Now).Dispose();
        var path = Path.Combine(_directory, "ca-key.pem");
        File.Delete(path);

        Assert.Contains(path, Assert.Throws<IOException>(() => EdgeCertificates.LoadOrCreate(_directory, Now)).Message);
    }

    [Fact]
    public void New_authority_signs_a_new_certificate()
    {
        EdgeCertificates.LoadOrCreate(_directory, Now).Dispose();
        File.Delete(Path.Combine(_directory, "ca.pem"));
        using var certificates = EdgeCertificates.LoadOrCreate(_directory, Now);

        AssertChain(certificates);
    }

    [Fact]
    public void File_in_place_of_the_directory_is_named()
    {
        Directory.CreateDirectory(Path.GetDirectoryName(_directory)!);
        File.WriteAllText(_directory, "");

        Assert.Contains(_directory, Assert.Throws<IOException>(() => EdgeCertificates.LoadOrCreate(_directory, Now)).Message);
    }

    [Fact]
    public void Pair_that_somebody_replaced_is_loaded()
    {
        using var made = EdgeCertificates.LoadOrCreate(_directory, Now);
        using var same = EdgeCertificates.LoadServer(_directory, Now);
        Assert.Equal(made.Server.Thumbprint, same.Thumbprint);
        File.Delete(Path.Combine(_directory, "edge.pem"));
        using var next = EdgeCertificates.LoadOrCreate(_directory, Now);
        using var loaded = EdgeCertificates.LoadServer(_directory, Now);

        Assert.Equal(next.Server.Thumbprint, loaded.Thumbprint);
        Assert.NotEqual(made.Server.Thumbprint, loaded.Thumbprint);
        Assert.True(loaded.HasPrivateKey);
    }

    [Theory]
    [InlineData("edge.pem", null)]
    [InlineData("edge-key.pem", null)]
    [InlineData("edge.pem", "damaged")]
    [InlineData("edge-key.pem", "damaged")]
    [InlineData("edge-key.pem", "ca-key.pem")]
    [InlineData("edge.pem", "ca.pem")]
    public void Pair_that_does_not_belong_together_is_an_error_that_names_it(string name, string? content)
    {
        EdgeCertificates.LoadOrCreate(_directory, Now).Dispose();
        var path = Path.Combine(_directory, name);
        File.Delete(path);
        if (content is not null)
        {
            File.WriteAllText(path, content == "damaged" ? content : File.ReadAllText(Path.Combine(_directory, content)));
        }

        var e = Assert.ThrowsAny<IOException>(() => EdgeCertificates.LoadServer(_directory, Now));
        Assert.Contains(path, e.Message);
    }

    [Theory]
    [InlineData(-3)]
    [InlineData(400)]
    public void Certificate_that_is_not_valid_now_is_an_error_that_says_when_it_is(int days)
    {
        EdgeCertificates.LoadOrCreate(_directory, Now).Dispose();

        var e = Assert.Throws<IOException>(() => EdgeCertificates.LoadServer(_directory, Now.AddDays(days)));
        Assert.Contains($"edge.pem is valid from {Now.AddDays(-1).UtcDateTime:yyyy-MM-dd}", e.Message);
    }

    public void Dispose() => Directory.Delete(Path.GetDirectoryName(Path.GetDirectoryName(_directory))!, recursive: true);

    private static void AssertChain(EdgeCertificates certificates)
    {
        using var chain = new X509Chain { ChainPolicy = EdgeTrust.Only(certificates.Authority).CreateChainPolicy() };

        Assert.True(chain.Build(certificates.Server), string.Join(", ", chain.ChainStatus.Select(s => s.Status)));
        Assert.Equal(2, chain.ChainElements.Count);
    }
}
