using System.Diagnostics;
using Culvert.CommandLine.Commands;
using Culvert.Transports.Credentials;

namespace Culvert.CommandLine.Tests.Services;

/// <summary>Services of machines that are directories, so that nothing of this machine is touched.</summary>
[System.Runtime.Versioning.UnsupportedOSPlatform("windows")]
public sealed class ServiceCommandTests : IDisposable
{
    private const string Systemd = "systemd";
    private const string OpenRc = "openrc";
    private const string SysV = "sysv";
    private const UnixFileMode Secret = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    private static readonly string Token = TunnelToken.Format(
        new TunnelCredentials("account", Guid.NewGuid(), new byte[] { 1, 2, 3, 4, 5, 6, 7, 8 }));

    private readonly DirectoryInfo _root = Directory.CreateTempSubdirectory("culvert-root-");
    private readonly StringWriter _output = new();
    private readonly StringWriter _errors = new();

    [Theory]
    [InlineData(Systemd, "/etc/systemd/system/cloudflared.service")]
    [InlineData(OpenRc, "/etc/init.d/cloudflared", "/etc/conf.d/cloudflared")]
    [InlineData(SysV, "/etc/init.d/cloudflared", "/etc/rc3.d/S50et", "/etc/rc6.d/K02et")]
    public async Task Connector_is_installed_with_its_token_in_a_file_of_its_own(string system, params string[] files)
    {
        Make(system);
        Assert.Equal(0, await RunAsync("service", "install", Token, "--root", _root.FullName));

        Assert.Contains("Linux service for cloudflared installed successfully", _errors.ToString(), StringComparison.Ordinal);
        Assert.Equal(Token, await File.ReadAllTextAsync(At("/etc/cloudflared/token")));
        Assert.Equal(Secret, File.GetUnixFileMode(At("/etc/cloudflared/token")));
        Assert.All(files, file => Assert.True(File.Exists(At(file)) || new FileInfo(At(file)).LinkTarget is not null, file));
        var main = await File.ReadAllTextAsync(At(files[0]));
        Assert.DoesNotContain(Token, main, StringComparison.Ordinal);
        Assert.Contains("run --token-file ", main, StringComparison.Ordinal);

        Assert.Equal(1, await RunAsync("service", "install", Token, "--root", _root.FullName));
        Assert.Contains(
            "cloudflared service is already installed at " + At(files[0]), _errors.ToString(), StringComparison.Ordinal);

        Assert.Equal(0, await RunAsync("service", "uninstall", "--root", _root.FullName));
        Assert.All([.. files, "/etc/cloudflared/token"], file => Assert.False(new FileInfo(At(file)) is { Exists: true }, file));
        Assert.Equal(1, await RunAsync("service", "uninstall", "--root", _root.FullName));
    }

    [Fact]
    public async Task Unit_may_do_no_more_than_a_connector_needs()
    {
        Make(Systemd);
        await RunAsync("service", "install", Token, "--root", _root.FullName);
        var unit = await File.ReadAllLinesAsync(At("/etc/systemd/system/cloudflared.service"));

        Assert.Contains("LoadCredential=token:/etc/cloudflared/token", unit);
        Assert.Contains(
            $"ExecStart={Environment.ProcessPath} tunnel --no-autoupdate run --token-file ${{CREDENTIALS_DIRECTORY}}/token",
            unit);
        Assert.All(
            new[]
            {
                "Type=notify", "Restart=on-failure", "RestartSec=5s", "TimeoutStartSec=15", "DynamicUser=yes",
                "CapabilityBoundingSet=", "NoNewPrivileges=yes", "PrivateTmp=yes", "ProtectSystem=strict", "ProtectHome=yes",
                "SystemCallFilter=@system-service",
                "SystemCallFilter=~@privileged", "WantedBy=multi-user.target",
            },
            line => Assert.Contains(line, unit));
        Assert.DoesNotContain(unit, line => line.Length > 0 && char.IsWhiteSpace(line[0]));
    }

    [Theory]
    [InlineData(OpenRc)]
    [InlineData(SysV)]
    public async Task Scripts_are_shell_scripts(string system)
    {
        Make(system);
        var tunnels = await WriteAsync("/tunnels", "a.example=" + Token);
        await RunAsync("service", "install", Token, "--root", _root.FullName);
        await RunAsync(
            "edge", "service", "install", "--root", _root.FullName, "--", "--tunnels-file", tunnels, "--base-domain",
            "it's $HOME");

        foreach (var name in new[] { "cloudflared", "culvert-edge" })
        {
            using var shell = Process.Start("/bin/sh", ["-n", At($"/etc/init.d/{name}")]);
            await shell.WaitForExitAsync();
            Assert.Equal(0, shell.ExitCode);
            Assert.True(File.GetUnixFileMode(At($"/etc/init.d/{name}")).HasFlag(UnixFileMode.UserExecute));
        }
    }

    [Fact]
    public async Task Configuration_is_copied_and_its_credentials_stay_where_they_are()
    {
        Make(Systemd);
        var file = await WriteAsync("/home/config.yml", $"tunnel: {Guid.NewGuid()}\ncredentials-file: /home/me/tunnel.json\n");
        Assert.Equal(0, await RunAsync("service", "--config", file, "install", "--root", _root.FullName));

        var unit = await File.ReadAllLinesAsync(At("/etc/systemd/system/cloudflared.service"));
        Assert.Contains("LoadCredential=credentials:/home/me/tunnel.json", unit);
        Assert.Contains(unit, line => line.EndsWith(
            " tunnel --no-autoupdate --config /etc/cloudflared/config.yml run --credentials-file " +
            "${CREDENTIALS_DIRECTORY}/credentials",
            StringComparison.Ordinal));
        Assert.Equal(await File.ReadAllTextAsync(file), await File.ReadAllTextAsync(At("/etc/cloudflared/config.yml")));

        await RunAsync("service", "uninstall", "--root", _root.FullName);
        await File.AppendAllTextAsync(file, "protocol: http2\n");
        Assert.Equal(1, await RunAsync("service", "--config", file, "install", "--root", _root.FullName));
        Assert.Contains("possible conflicting configuration in " + file, _errors.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Configuration_without_a_tunnel_is_refused()
    {
        Make(Systemd);
        var file = await WriteAsync("/home/config.yml", "url: http://localhost:80\n");

        Assert.Equal(1, await RunAsync("service", "--config", file, "install", "--root", _root.FullName));
        Assert.Contains($"configuration file {file} must contain entries", _errors.ToString(), StringComparison.Ordinal);
        Assert.False(Directory.Exists(At("/etc")));
    }

    [Fact]
    public async Task Token_that_is_none_is_a_usage_error()
    {
        Make(Systemd);

        Assert.Equal(255, await RunAsync("service", "install", "garbage", "--root", _root.FullName));
        Assert.Contains("Provided tunnel token is not valid", _errors.ToString(), StringComparison.Ordinal);
        Assert.False(Directory.Exists(At("/etc")));
    }

    [Fact]
    public async Task Installation_that_fails_leaves_no_token_behind()
    {
        Make(Systemd);
        await WriteAsync("/etc/systemd/system", "a file, where a directory has to be");

        Assert.Equal(1, await RunAsync("service", "install", Token, "--root", _root.FullName));
        Assert.False(File.Exists(At("/etc/cloudflared/token")));
    }

    [Fact]
    public async Task Edge_node_is_installed_with_its_flags()
    {
        Make(Systemd);
        var tunnels = await WriteAsync("/tunnels", $"# a comment\na.example={Token}\n");
        Assert.Equal(0, await RunAsync(
            "edge", "service", "install", "--root", _root.FullName, "--", "--listen", "*:80", "--tunnels-file", tunnels,
            "--access-log", "/var/log/culvert-edge/access.log", "--base-domain", "50%.example"));

        var unit = await File.ReadAllLinesAsync(At("/etc/systemd/system/culvert-edge.service"));
        Assert.Contains(unit, line => line.EndsWith(
            " edge --listen *:80 --tunnels-file ${CREDENTIALS_DIRECTORY}/tunnels --access-log /var/log/culvert-edge/access.log " +
            "--base-domain 50%%.example --data /var/lib/culvert-edge",
            StringComparison.Ordinal));
        Assert.Contains("LoadCredential=tunnels:/etc/culvert-edge/tunnels", unit);
        Assert.Contains("StateDirectory=culvert-edge", unit);
        Assert.Contains("ReadWritePaths=/var/log/culvert-edge", unit);
        Assert.Contains("AmbientCapabilities=CAP_NET_BIND_SERVICE", unit);
        Assert.Equal(Secret, File.GetUnixFileMode(At("/etc/culvert-edge/tunnels")));

        Assert.Equal(0, await RunAsync("edge", "service", "uninstall", "--root", _root.FullName));
        Assert.False(File.Exists(At("/etc/culvert-edge/tunnels")));
    }

    [Fact]
    public async Task Edge_node_with_udp_ports_may_send_icmp_errors()
    {
        Make(Systemd);
        Assert.Equal(0, await RunAsync(
            "edge", "service", "install", "--root", _root.FullName, "--", "--udp", "5353=a.example/10.0.0.1:53"));
        var unit = await File.ReadAllLinesAsync(At("/etc/systemd/system/culvert-edge.service"));
        Assert.Contains("AmbientCapabilities=CAP_NET_BIND_SERVICE CAP_NET_RAW", unit);
        Assert.Contains("CapabilityBoundingSet=CAP_NET_BIND_SERVICE CAP_NET_RAW", unit);
    }

    [Theory]
    [InlineData("--tunnels-file", "--tunnel", "a.example=token")]
    [InlineData("--nonsense", "--nonsense")]
    [InlineData("--listen", "--listen", "nowhere")]
    [InlineData("two words", "--listen=*:80")]
    public async Task Flags_that_cannot_be_used_are_told_at_once(string named, params string[] flags)
    {
        Make(Systemd);

        Assert.NotEqual(0, await RunAsync(["edge", "service", "install", "--root", _root.FullName, "--", .. flags]));
        Assert.Contains(named, _errors.ToString(), StringComparison.Ordinal);
        Assert.False(Directory.Exists(At("/etc")));
    }

    public void Dispose()
    {
        _root.Delete(recursive: true);
        _output.Dispose();
        _errors.Dispose();
    }

    private void Make(string system)
    {
        if (system == Systemd)
        {
            Directory.CreateDirectory(At("/run/systemd/system"));
        }
        else if (system == OpenRc)
        {
            Directory.CreateDirectory(At("/sbin"));
            File.WriteAllText(At("/sbin/openrc-run"), "");
        }
    }

    private Task<int> RunAsync(params string[] arguments) => CommandTree.RunAsync(arguments, _output, _errors);

    private async Task<string> WriteAsync(string path, string text)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(At(path))!);
        await File.WriteAllTextAsync(At(path), text);
        return At(path);
    }

    private string At(string path) => Path.Join(_root.FullName, path);
}
