using System.Text;
using Culvert.CommandLine.Commands;
using Culvert.CommandLine.Reloading;
using Culvert.CommandLine.Tests.Fixtures;
using Culvert.Edge.Tunnels;
using Culvert.Transports.Credentials;

namespace Culvert.CommandLine.Tests.Reloading;

public sealed class TunnelConfigurationsTests : IDisposable
{
    private const string Teapot = """{"ingress":[{"service":"http_status:418"}]}""";
    private const string Gone = """{"ingress":[{"service":"http_status:410"}]}""";

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("culvert-tunnels-");
    private readonly TunnelDirectory _tunnels = new();
    private readonly Tunnel _tunnel = new(
        new TunnelCredentials("acct", Guid.NewGuid(), new byte[] { 1 }), "app.example.com", isQuick: false, 0);

    private readonly TextLog _log = new();

    public TunnelConfigurationsTests() => Assert.True(_tunnels.TryAdd(_tunnel));

    [Fact]
    public void File_configures_the_tunnel_of_its_name_with_the_version_of_its_time()
    {
        var path = Write("app.example.com.json", Teapot);
        Open();

        Assert.Equal(Teapot, Encoding.UTF8.GetString(_tunnel.Configuration!.Json.Span));
        Assert.Equal(TunnelConfiguration.VersionAt(File.GetLastWriteTimeUtc(path)), _tunnel.Configuration.Version);
    }

    [Fact]
    public void Changed_file_makes_a_newer_version_and_an_unchanged_one_none()
    {
        Write("app.example.com.json", Teapot);
        var configurations = Open();
        var first = _tunnel.Configuration!;
        configurations.Load();
        Assert.Same(first, _tunnel.Configuration);
        Write("app.example.com.json", " " + Gone);
        configurations.Load();

        Assert.Equal(" " + Gone, Encoding.UTF8.GetString(_tunnel.Configuration!.Json.Span));
        Assert.True(_tunnel.Configuration.Version > first.Version);
    }

    [Theory]
    [InlineData("{", "unexpected end of JSON input")]
    [InlineData("", "unexpected end of JSON input")]
    [InlineData("""{"ingress":[{"hostname":"a","service":"http://a"}]}""", "The last ingress rule must match all URLs")]
    [InlineData("""{"ingress":[{"service":"nonsense:"}]}""", "nonsense: is an invalid address")]
    public void File_that_is_not_valid_is_reported_and_changes_nothing(string json, string reason)
    {
        Write("app.example.com.json", Teapot);
        var configurations = Open();
        var first = _tunnel.Configuration;
        var path = Write("app.example.com.json", json);
        configurations.Load();

        Assert.Same(first, _tunnel.Configuration);
        Assert.Contains(path, _log.ToString(), StringComparison.Ordinal);
        Assert.Contains(reason, _log.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void File_that_is_gone_leaves_the_tunnel_to_its_connectors()
    {
        var path = Write("app.example.com.json", Teapot);
        var configurations = Open();
        File.Delete(path);
        configurations.Load();

        Assert.Null(_tunnel.Configuration);
    }

    [Fact]
    public void File_for_no_tunnel_is_reported()
    {
        Write("other.example.com.json", Teapot);
        Open();

        Assert.Contains("is for no tunnel of this node", _log.ToString(), StringComparison.Ordinal);
        Assert.Null(_tunnel.Configuration);
    }

    [Fact]
    public void Byte_order_mark_is_left_out()
    {
        File.WriteAllText(Path.Combine(_folder.FullName, "app.example.com.json"), Teapot, new UTF8Encoding(true));
        Open();

        Assert.Equal(Teapot, Encoding.UTF8.GetString(_tunnel.Configuration!.Json.Span));
    }

    [Fact]
    public void Directory_that_is_missing_is_an_error()
    {
        var error = Assert.Throws<CommandException>(
            () => new TunnelConfigurations(Path.Combine(_folder.FullName, "x"), _tunnels, TimeProvider.System, _log));
        Assert.StartsWith("--tunnel-config-dir: there is no directory", error.Message, StringComparison.Ordinal);
    }

    public void Dispose()
    {
        _folder.Delete(recursive: true);
    }

    private TunnelConfigurations Open() => new(_folder.FullName, _tunnels, TimeProvider.System, _log);


    private string Write(string file, string json)
    {
        var path = Path.Combine(_folder.FullName, file);
        File.WriteAllText(path, json);
        return path;
    }
}
