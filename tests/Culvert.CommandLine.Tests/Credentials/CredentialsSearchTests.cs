using Culvert.CommandLine.Commands;
using Culvert.CommandLine.Credentials;
using Culvert.Transports.Credentials;

namespace Culvert.CommandLine.Tests.Credentials;

/// <summary>Where credentials are looked for (ingress-and-config, section 9.3; rows D05, D06, D12, D14).</summary>
public sealed class CredentialsSearchTests : IDisposable
{
    private static readonly Guid Tunnel = Guid.Parse("6ba1d5ea-1db6-4f86-b5ab-ac17ba79d6e3");

    private readonly DirectoryInfo _home = Directory.CreateTempSubdirectory("culvert-home");

    [Theory]
    [InlineData("~/.cloudflared/x.json", true)]
    [InlineData("/x.json", false)]
    [InlineData("~other/x.json", false)]
    [InlineData("x/~/y", false)]
    public void Only_a_leading_tilde_is_the_home_directory(string path, bool expanded) =>
        Assert.Equal(expanded ? Path.Join(_home.FullName, path[1..]) : path, new CredentialsSearch(_home.FullName).Expand(path));

    [Fact]
    public void D14_file_is_found_in_the_first_directory_that_has_it()
    {
        Write(".cloudflare-warp", "second");
        Assert.Equal("second", Find().AccountTag);
        Write(".cloudflared", "first");
        Assert.Equal("first", Find().AccountTag);
    }

    [Fact]
    public void File_beside_the_origin_certificate_comes_first()
    {
        Write(".cloudflared", "home");
        Write("elsewhere", "beside");
        var certificate = Path.Join(_home.FullName, "elsewhere", "my.pem");
        Assert.Equal("home", Find(certificate).AccountTag);
        File.WriteAllText(certificate, "");

        Assert.Equal("beside", Find(certificate).AccountTag);
        Assert.Equal("beside", Find("~/elsewhere/my.pem").AccountTag);
        Assert.Equal("home", Find().AccountTag);
    }

    [Fact]
    public void Origin_certificate_is_looked_for_beside_configurations()
    {
        var search = new CredentialsSearch(_home.FullName);
        Write("cloudflare-warp", "warp");
        var path = Path.Join(_home.FullName, "cloudflare-warp", "cert.pem");
        Directory.CreateDirectory(Path.Join(_home.FullName, ".cloudflared", "cert.pem"));
        Assert.NotEqual(path, search.OriginCertificate(null));
        File.WriteAllText(path, "");

        Assert.Equal(path, search.OriginCertificate(null));
    }

    // D06: nothing is asked of the certificate but its place, so a missing one is not an error.
    [Theory]
    [InlineData("D05", true)]
    [InlineData("D06", false)]
    public void Origin_certificate_that_is_named_is_the_only_one(string row, bool exists)
    {
        var path = Path.Join(_home.FullName, "my.pem");
        if (exists)
        {
            File.WriteAllText(path, "");
        }

        Assert.Equal((row, exists ? path : null), (row, new CredentialsSearch(_home.FullName).OriginCertificate(path)));
    }

    [Fact]
    public void D12_id_that_was_asked_for_is_the_one_that_counts()
    {
        Write(".cloudflared", "old", Guid.NewGuid());

        Assert.Equal(Tunnel, Find().TunnelId);
    }

    [Fact]
    public void Missing_file_is_told_with_the_places()
    {
        var error = Assert.Throws<CommandException>(() => new CredentialsSearch(_home.FullName).Find(Guid.NewGuid(), null));

        Assert.StartsWith("tunnel credentials file not found", error.Message);
        Assert.Contains(Path.Join(_home.FullName, ".cloudflared"), error.Message, StringComparison.Ordinal);
    }

    public void Dispose() => _home.Delete(recursive: true);

    private TunnelCredentials Find(string? certificate = null) => new CredentialsSearch(_home.FullName).Find(Tunnel, certificate);

    private void Write(string directory, string account, Guid? id = null)
    {
        var path = Directory.CreateDirectory(Path.Join(_home.FullName, directory)).FullName;
        File.WriteAllText(
            Path.Join(path, $"{Tunnel}.json"),
            $"{{\"AccountTag\":\"{account}\",\"TunnelSecret\":\"AAAA\",\"TunnelID\":\"{id ?? Tunnel}\"}}");
    }
}
