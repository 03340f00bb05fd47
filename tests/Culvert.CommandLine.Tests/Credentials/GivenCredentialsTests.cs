using Culvert.CommandLine.Commands;
using Culvert.CommandLine.Credentials;
using Culvert.Transports.Credentials;

namespace Culvert.CommandLine.Tests.Credentials;

/// <summary>Which of several credentials count (cli-api-access, section 4.2).</summary>
public sealed class GivenCredentialsTests : IDisposable
{
    private static readonly Guid Tunnel = Guid.Parse("6ba1d5ea-1db6-4f86-b5ab-ac17ba79d6e3");

    private readonly DirectoryInfo _home = Directory.CreateTempSubdirectory("culvert-given");
    private readonly GivenCredentials _all;

    public GivenCredentialsTests()
    {
        File.WriteAllText(Path.Join(_home.FullName, "token"), $" {TunnelToken.Format(Of("token file"))}\n");
        File.WriteAllText(Path.Join(_home.FullName, "credentials.json"), Json("file"));
        _all = new GivenCredentials
        {
            Token = TunnelToken.Format(Of("token")),
            TokenFile = "~/token",
            Contents = Json("contents"),
            File = "~/credentials.json",
        };
    }

    [Fact]
    public void Token_its_file_contents_and_file_count_in_this_order()
    {
        var without = _all;
        Assert.Equal(("token", true), (Account(without), without.IsToken));
        without = without with { Token = "" };
        Assert.Equal(("token file", true), (Account(without), without.IsToken));
        without = without with { TokenFile = null };
        Assert.Equal(("contents", false), (Account(without), without.IsToken));
        without = without with { Contents = "" };
        Assert.Equal(("file", false), (Account(without), without.IsToken));
        without = without with { File = "" };
        Assert.Null(without.Read(new CredentialsSearch(_home.FullName)));
    }

    [Fact]
    public void What_counts_is_read_alone_and_an_error_of_it_leads_to_nothing_else()
    {
        var search = new CredentialsSearch(_home.FullName);

        Assert.Equal("token", Account(_all with { TokenFile = "/nowhere", Contents = "{", File = "/nowhere" }));
        Assert.Equal(
            "Provided Tunnel token is not valid.",
            Assert.Throws<UsageException>(() => (_all with { Token = "x" }).Read(search)).Message);
        Assert.StartsWith(
            "--token-file: Failed to read token file: ",
            Assert.Throws<UsageException>(() => (_all with { Token = null, TokenFile = "~/nowhere" }).Read(search)).Message);
        Assert.Throws<CredentialsException>(() => (_all with { Token = null, TokenFile = null, Contents = "{" }).Read(search));
    }

    // The same variables and files, for a command that runs a tunnel and for one that asks an edge node about it.
    [Theory]
    [InlineData("tunnel", "--edge", "127.0.0.1:9", "run")]
    [InlineData("tail", "--api-url", "http://127.0.0.1:9")]
    [InlineData("management", "token", "--resource", "logs", "--api-url", "http://127.0.0.1:9")]
    public async Task Every_command_takes_a_token_from_its_file_before_credentials(params string[] command)
    {
        var token = Path.Join(_home.FullName, "damaged");
        File.WriteAllText(token, "x");
        var (output, errors) = (new StringWriter(), new StringWriter());
        await CommandTree.RunAsync(
            [.. command, "--credentials-file", Path.Join(_home.FullName, "credentials.json"), "--token-file", token],
            output, errors);

        Assert.Contains("Provided Tunnel token is not valid.", errors.ToString(), StringComparison.Ordinal);
    }

    public void Dispose() => _home.Delete(recursive: true);

    private static TunnelCredentials Of(string account) => new(account, Tunnel, new byte[] { 1, 2, 3 });

    private static string Json(string account) =>
        $"{{\"AccountTag\":\"{account}\",\"TunnelSecret\":\"AAAA\",\"TunnelID\":\"{Tunnel}\"}}";

    private string Account(GivenCredentials given) => given.Read(new CredentialsSearch(_home.FullName))!.AccountTag;
}
