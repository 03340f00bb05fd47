using System.CommandLine;
using Culvert.CommandLine.Signals;
using Culvert.Connector.Management;
using Culvert.Connector.QuickTunnels;
using Microsoft.Extensions.Logging;

namespace Culvert.CommandLine.Commands;

/// <summary><c>culvert tunnel --url URL</c>: asks a service for a quick tunnel and runs it.</summary>
internal sealed partial class TunnelCommand
{
    private readonly LogFlags _log = new();
    private readonly ConnectorFlags _connector;
    private readonly ConfigurationFlag _configuration;

    private readonly Option<string> _quickService = new("--quick-service")
    {
        Description = "Service that hands out quick tunnels, for example http://127.0.0.1:8081 of 'culvert edge'.",
        HelpName = "URL",
        DefaultValueFactory = _ => "https://api.trycloudflare.com",
    };

    private TunnelCommand(ConfigurationFlag configuration)
    {
        _configuration = configuration;
        _connector = new ConnectorFlags(configuration);
    }

    public static Command Create(ConfigurationFlag configuration)
    {
        var tunnel = new TunnelCommand(configuration);
        var command = new Command("tunnel", "Connect a web server to an edge node.");
        configuration.AddTo(command);
        tunnel._log.AddTo(command);
        tunnel._connector.AddTo(command);
        command.Options.Add(tunnel._quickService);
        command.Subcommands.Add(new TunnelRunCommand(tunnel._log, tunnel._connector, configuration).Create());
        command.Subcommands.Add(IngressCommand.Create(configuration));
        command.Subcommands.Add(ReadyCommand.Create(tunnel._connector.Metrics));
        command.Subcommands.Add(new DiagCommand(tunnel._log, tunnel._connector).Create());
        command.SetAction((parsed, _) => tunnel.RunAsync(parsed));
        return command;
    }

    private async Task<int> RunAsync(ParseResult parsed)
    {
        if (!_connector.HasOrigin(parsed))
        {
            throw new CommandException(
                "You did not specify any valid additional argument to the cloudflared tunnel command. Give --url URL or " +
                "--hello-world for a quick tunnel, or 'culvert tunnel run --token TOKEN'.");
        }

        await using var lines = _log.CreateLogger(parsed);
        var logger = new StreamedLogger(lines);
        using var signal = new ShutdownSignal(name => ConnectorRun.LogSignal(logger, name));
        return await signal.RunAsync(async stop =>
        {
            var options = await _connector.WithEdgeAsync(
                _connector.Options(parsed, logger) with { Connections = 1 }, parsed, logger, stop).ConfigureAwait(false);
            var quick = await RequestAsync(parsed.GetValue(_quickService)!, options.Version, logger, stop).ConfigureAwait(false);
            StartReport.Log(logger, _configuration.Settings.Values);
            var run = options with { Credentials = quick.Credentials, QuickHostname = quick.Hostname };
            return await ConnectorRun.RunAsync(
                run, logger, _connector.Readiness(parsed, logger), stop, control: _connector.Control(parsed),
                logDrops: () => lines.Dropped).ConfigureAwait(false);
        }).ConfigureAwait(false);
    }

    private static async Task<QuickTunnel> RequestAsync(
        string service, string version, ILogger logger, CancellationToken cancellationToken)
    {
        LogRequesting(logger, service);
        try
        {
            var quick = await QuickTunnelClient.RequestAsync(service, version, cancellationToken).ConfigureAwait(false);
            var url = quick.Hostname.Contains("://", StringComparison.Ordinal) ? quick.Hostname : "https://" + quick.Hostname;
            foreach (var line in Banner.Lines(url))
            {
                ConnectorRun.LogLine(logger, line);
            }

            return quick;
        }
        catch (QuickTunnelException e)
        {
            throw new CommandException(e.Message, e);
        }
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Requesting new quick Tunnel on {service}...")]
    private static partial void LogRequesting(ILogger logger, string service);
}
