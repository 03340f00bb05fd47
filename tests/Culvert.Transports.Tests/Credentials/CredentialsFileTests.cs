using Culvert.Transports.Credentials;

namespace Culvert.Transports.Tests.Credentials;

public sealed class CredentialsFileTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("culvert-credentials").FullName;

    [Fact]
    public void D13_members_match_in_any_case_and_unknown_ones_are_ignored()
    {
        var credentials = CredentialsFile.Parse(
            """{"accounttag":"a","TUNNELSECRET":"AQI=","tunnelID":"11111111-2222-3333-4444-555555555555","TunnelName":"x"}""");

        Assert.Equal("a", credentials.AccountTag);
        Assert.Equal([1, 2], credentials.Secret.ToArray());
        Assert.Equal(Guid.Parse("11111111-2222-3333-4444-555555555555"), credentials.TunnelId);
        Assert.Equal("", credentials.Endpoint);
    }

    [Fact]
    public void Missing_file_is_named()
    {
        var path = Path.Combine(_directory, "none.json");

        var e = Assert.Throws<CredentialsException>(() => CredentialsFile.Read(path));
        Assert.Equal($"Tunnel credentials file '{path}' doesn't exist or is not a file", e.Message);
    }

    [Fact]
    public void Directory_is_not_a_file() =>
        Assert.Contains("is not a file", Assert.Throws<CredentialsException>(() => CredentialsFile.Read(_directory)).Message);

    [Fact]
    public void Damaged_file_is_named()
    {
        var path = Write("bad.json", "{");

        var e = Assert.Throws<CredentialsException>(() => CredentialsFile.Read(path));
        Assert.StartsWith("Invalid JSON when parsing tunnel credentials file", e.Message);
        Assert.EndsWith($"(in {path})", e.Message);
    }

    [Fact]
    public void Certificate_in_place_of_the_file_is_explained()
    {
        var path = Write("cert.pem", "-----BEGIN CERTIFICATE-----");

        var e = Assert.Throws<CredentialsException>(() => CredentialsFile.Read(path));
        Assert.StartsWith(
            "The tunnel credentials file should be .json but you gave a .pem. The tunnel credentials file was originally " +
            "created by `cloudflared", e.Message);
    }

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    private string Write(string name, string text)
    {
        var path = Path.Combine(_directory, name);
        File.WriteAllText(path, text);
        return path;
    }
}
