using System.CommandLine;
using Culvert.CommandLine.Commands;
using Culvert.CommandLine.Credentials;
using Culvert.Ingress.Files;
using Culvert.Transports.Credentials;

namespace Culvert.CommandLine.Services;

/// <summary>
/// <c>culvert service install</c> and <c>uninstall</c>: a connector that the system keeps running (cli-api-access, section 14).
/// Its token is in a file that only root can read, never in an argument.
/// </summary>
internal sealed class ServiceCommand(LogFlags log, ConfigurationFlag configuration)
{
    private const string TokenFile = "/etc/cloudflared/token";
    private const string ConfigurationPath = "/etc/cloudflared/config.yml";
    private const string Description = "Cloudflare Tunnel connector (Culvert)";

    private readonly ServiceRootFlag _root = new();

    private readonly Argument<string?> _token = new("TOKEN")
    {
        Description = "The tunnel's token. Without it, the configuration file has to name the tunnel and its credentials.",
        Arity = ArgumentArity.ZeroOrOne,
    };

    // This build does not update itself, so there is no such service; scripts may ask for none all the same.
    private readonly Option<bool> _noUpdateService = new("--no-update-service") { Hidden = true };

    public static Command Create(ConfigurationFlag configuration)
    {
        var log = new LogFlags();
        var service = new ServiceCommand(log, configuration);
        var install = new Command("install", "Install the connector as a service of this machine and start it.")
        {
            service._token, service._noUpdateService,
        };
        install.SetAction(service.InstallAsync);
        var uninstall = new Command("uninstall", "Stop the service and remove it.");
        uninstall.SetAction(service.UninstallAsync);
        var command = new Command("service", "Run the connector as a service of this machine.") { install, uninstall };
        configuration.AddTo(command);
        log.AddTo(command);
        service._root.AddTo(command);
        return command;
    }

    private async Task<int> InstallAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        await using var logger = log.CreateLogger(parsed);
        var installation = _root.Installation(parsed, logger);
        var (arguments, files) = parsed.GetValue(_token) is { Length: > 0 } token
            ? OfToken(token) : OfConfiguration(_root.Files(parsed));
        installation.Install(
            new ServiceDefinition(ServiceNames.Connector, Description, Environment.ProcessPath!, arguments), files);
        return ExitCode.Success;
    }

    private async Task<int> UninstallAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        await using var logger = log.CreateLogger(parsed);
        _root.Installation(parsed, logger).Uninstall(ServiceNames.Connector, [TokenFile]);
        return ExitCode.Success;
    }

    private static (ServiceArgument[] Arguments, ServiceFile[] Files) OfToken(string token)
    {
        try
        {
            TunnelToken.Parse(token);
        }
        catch (CredentialsException e)
        {
            throw new UsageException($"Provided tunnel token is not valid ({e.Message})", e);
        }

        return (
            [new("tunnel"), new("--no-autoupdate"), new("run"), new("--token-file"), new(TokenFile, "token")],
            [new ServiceFile(TokenFile, token, ServiceFiles.Secret)]);
    }

    private (ServiceArgument[] Arguments, ServiceFile[] Files) OfConfiguration(ServiceFiles files)
    {
        if (configuration.File is not { } file)
        {
            throw new CommandException($"{ConfigurationFileSearch.NotFound}; give --config FILE or a TOKEN");
        }

        if (file.Tunnel.Length == 0 || configuration.Settings["credentials-file"].ToString() is not { Length: > 0 } credentials)
        {
            throw new CommandException(
                $"configuration file {file.Path} must contain entries for the tunnel to run and its associated credentials " +
                "(tunnel: TUNNEL-UUID, credentials-file: CREDENTIALS-FILE)");
        }

        var search = new CredentialsSearch(ConfigurationFileSearch.Home);
        return (
            [
                new("tunnel"), new("--no-autoupdate"), new("--config"), new(ConfigurationPath), new("run"),
                new("--credentials-file"), new(Path.GetFullPath(search.Expand(credentials)), "credentials"),
            ],
            Copy(files, file.Path));
    }

    // Where the service looks for it; it goes on following the copy, so a second one that says something else is not overwritten.
    private static ServiceFile[] Copy(ServiceFiles files, string path)
    {
        var text = File.ReadAllText(path);
        var copy = files.At(ConfigurationPath);
        return !File.Exists(copy) ? [new ServiceFile(ConfigurationPath, text, ServiceFiles.Public)]
            : File.ReadAllText(copy) == text ? []
            : throw new CommandException(
                $"possible conflicting configuration in {path} and {copy}. Either remove {copy} or run with --config {copy}");
    }
}
