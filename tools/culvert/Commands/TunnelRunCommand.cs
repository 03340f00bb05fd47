using System.CommandLine;
using Culvert.CommandLine.Credentials;
using Culvert.CommandLine.Reloading;
using Culvert.CommandLine.Signals;
using Culvert.Connector.Management;
using Culvert.Ingress.Files;
using Culvert.Transports.Credentials;
using Microsoft.Extensions.Logging;

namespace Culvert.CommandLine.Commands;

/// <summary><c>culvert tunnel run</c>: runs a tunnel that exists already (cli-api-access, section 4.2).</summary>
internal sealed partial class TunnelRunCommand(LogFlags log, ConnectorFlags connector, ConfigurationFlag configuration)
{
    private readonly Option<string?> _token = new("--token")
    {
        Description = "The tunnel's token. Wins over credentials.",
        HelpName = "TOKEN",
        DefaultValueFactory = _ => Environment.GetEnvironmentVariable("TUNNEL_TOKEN"),
    };

    private readonly Option<string?> _tokenFile = new("--token-file")
    {
        Description = "File that holds the token.",
        HelpName = "FILE",
        DefaultValueFactory = _ => Environment.GetEnvironmentVariable("TUNNEL_TOKEN_FILE"),
    };

    private readonly Option<string?> _contents = new("--credentials-contents")
    {
        Description = "The tunnel's credentials as JSON.",
        HelpName = "JSON",
        DefaultValueFactory = _ => Environment.GetEnvironmentVariable("TUNNEL_CRED_CONTENTS"),
    };

    private readonly Option<string?> _file = new("--credentials-file", "--cred-file")
    {
        Description = "File that holds the tunnel's credentials.",
        HelpName = "FILE",
        DefaultValueFactory = _ => Environment.GetEnvironmentVariable("TUNNEL_CRED_FILE"),
    };

    private readonly Option<string?> _originCertificate = new("--origincert")
    {
        Description = "File that a login left; credentials are looked for beside it.",
        HelpName = "FILE",
        DefaultValueFactory = _ => Environment.GetEnvironmentVariable("TUNNEL_ORIGIN_CERT"),
    };

    private readonly Argument<string?> _tunnel = new("TUNNEL")
    {
        Description = "UUID of the tunnel; taken from the token or the credentials when left out.",
        Arity = ArgumentArity.ZeroOrOne,
    };

    public Command Create()
    {
        var command = new Command("run", "Run a tunnel by its token or credentials.")
        {
            _tunnel, _token, _tokenFile, _contents, _file, _originCertificate,
        };
        command.SetAction((parsed, _) => RunAsync(parsed));
        return command;
    }

    private async Task<int> RunAsync(ParseResult parsed)
    {
        await using var lines = log.CreateLogger(parsed);
        var logger = new StreamedLogger(lines);
        configuration.Report(logger, parsed.GetValue(_token) is { Length: > 0 });
        using var signal = new ShutdownSignal(name => ConnectorRun.LogSignal(logger, name));
        return await signal.RunAsync(_ => RunAsync(parsed, logger, () => lines.Dropped, signal)).ConfigureAwait(false);
    }

    private async Task<int> RunAsync(ParseResult parsed, StreamedLogger logger, Func<long> logDrops, ShutdownSignal signal)
    {
        var credentials = Credentials(parsed);
        LogStarting(logger, credentials.TunnelId);
        StartReport.Log(logger, configuration.Settings.Values);
        var options = await connector.WithEdgeAsync(
            connector.Options(parsed, logger) with { Credentials = credentials }, parsed, logger,
            signal.Asked).ConfigureAwait(false);
        if (!Given(parsed).IsToken)
        {
            // A token leaves the choice of the transport to the connector; from a file it is a token too.
            options = connector.WithProtocolRecord(options, parsed);
        }

        ConnectorFlags.WarnWithoutOrigin(options, logger);
        using var hangup = configuration.Path is null ? null : new HangupSignal(() => signal.Ask("hangup"));
        var reload = hangup is null ? null
            : new ConfigurationReload(configuration, loaded => ConnectorFlags.Ingress(parsed, loaded), hangup, logger);
        return await ConnectorRun.RunAsync(
            options, logger, connector.Readiness(parsed, logger), signal.Asked, reload, connector.Control(parsed),
            logDrops).ConfigureAwait(false);
    }

    private GivenCredentials Given(ParseResult parsed) => new()
    {
        Token = parsed.GetValue(_token),
        TokenFile = parsed.GetValue(_tokenFile),
        Contents = parsed.GetValue(_contents),
        File = parsed.GetValue(_file),
    };

    /// <exception cref="CommandException">No credentials are given, or they are not valid.</exception>
    private TunnelCredentials Credentials(ParseResult parsed)
    {
        try
        {
            var search = new CredentialsSearch(ConfigurationFileSearch.Home);
            var given = Given(parsed);
            if (given.IsToken)
            {
                return given.Read(search)!;
            }

            var tunnel = (parsed.GetValue(_tunnel) ?? configuration.File?.Tunnel) is { Length: > 0 } named ? named : null;
            var credentials = given.Read(search)
                ?? (UuidConverter.TryParse(tunnel, out var id) ? search.Find(id, parsed.GetValue(_originCertificate))
                : throw (tunnel is null
                    ? new UsageException(
                        "'culvert tunnel run' requires --token, --token-file, --credentials-contents, --credentials-file or a " +
                        "tunnel's UUID")
                    : new CommandException(
                        $"error parsing tunnel ID: '{tunnel}' is not a UUID; a name needs --credentials-file or "
                            + "--credentials-contents")));
            return tunnel is null ? credentials : credentials with { TunnelId = TunnelId(tunnel, credentials) };
        }
        catch (CredentialsException e)
        {
            throw new CommandException(e.Message, e);
        }
    }

    // A name needs nobody to be asked when the credentials know the UUID.
    private static Guid TunnelId(string text, TunnelCredentials credentials) => UuidConverter.TryParse(text, out var id) ? id
        : credentials.TunnelId != Guid.Empty ? credentials.TunnelId
        : throw new CommandException($"error parsing tunnel ID: '{text}' is not a UUID");

    [LoggerMessage(Level = LogLevel.Information, Message = "Starting tunnel {tunnelID}")]
    private static partial void LogStarting(ILogger logger, Guid tunnelID);
}
