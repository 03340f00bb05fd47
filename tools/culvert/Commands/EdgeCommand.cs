using System.CommandLine;
using System.Net;
using Culvert.CommandLine.Reloading;
using Culvert.CommandLine.Services;
using Culvert.CommandLine.Signals;
using Culvert.Edge;
using Culvert.Edge.Certificates;
using Culvert.Engine.Metrics;
using Microsoft.Extensions.Logging;

namespace Culvert.CommandLine.Commands;

/// <summary><c>culvert edge</c>: runs an edge node.</summary>
internal sealed partial class EdgeCommand
{
    private readonly LogFlags _log = new();
    private readonly EdgeFlags _edge = new();

    public static Command Create()
    {
        var edge = new EdgeCommand();
        var command = new Command("edge", "Run the server that connectors dial and visitors come to.");
        edge._log.AddTo(command);
        edge._edge.AddTo(command);
        command.Subcommands.Add(EdgeTokenCommand.Create());
        command.Subcommands.Add(EdgeServiceCommand.Create(edge._log));
        command.SetAction((parsed, _) => edge.RunAsync(parsed));
        return command;
    }

    private async Task<int> RunAsync(ParseResult parsed)
    {
        await using var logger = _log.CreateLogger(parsed);
        var readiness = _edge.Readiness(parsed, logger);
        var grace = _edge.GracePeriod(parsed);
        using var signal = new ShutdownSignal(name => ConnectorRun.LogSignal(logger, name));
        try
        {
            var now = TimeProvider.System.GetUtcNow();
            using var certificates = EdgeCertificates.LoadOrCreate(_edge.DataDirectory(parsed), now);
            if (certificates.Invalidity(now) is { } wrong)
            {
                LogNotValid(logger, wrong);
            }

            await using var node = new EdgeNode(_edge.Options(parsed), certificates, logger);
            var configurations = _edge.TunnelConfigurations(parsed) is { } directory
                ? new TunnelConfigurations(directory, node.Tunnels, TimeProvider.System, logger) : null;
            await node.StartAsync(signal.Asked).ConfigureAwait(false);
            LogListening(logger, node.VisitorEndPoint, node.ConnectorEndPoint, node.ApiEndPoint);
            LogAuthority(logger, certificates.AuthorityPath!);
            LogExample(logger, node.ApiEndPoint, node.ConnectorEndPoint, certificates.AuthorityPath!);
            readiness.Ready();
            var certificate = new CertificateReload(_edge.DataDirectory(parsed), node, TimeProvider.System, logger);
            await RunAsync(configurations, certificate, signal).ConfigureAwait(false);
            readiness.Stopping();
            using var limit = new CancellationTokenSource(grace);
            await node.StopAsync(limit.Token).ConfigureAwait(false);
            return 0;
        }
        catch (Exception e) when (e is IOException or ArgumentException or MetricsServerException)
        {
            throw new CommandException(e.Message, e);
        }
    }

    // Each follower hears SIGHUP for itself; that the terminal was closed is told once.
    private static async Task RunAsync(TunnelConfigurations? configurations, CertificateReload certificate, ShutdownSignal signal)
    {
        using var forConfigurations = new HangupSignal(() => signal.Ask("hangup"));
        using var forCertificate = new HangupSignal(() => { });
        await Task.WhenAll(
            configurations?.RunAsync(forConfigurations, signal.Asked) ?? Task.CompletedTask,
            certificate.RunAsync(forCertificate, signal.Asked)).ConfigureAwait(false);
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Edge node is listening {visitors} {connectors} {api}")]
    private static partial void LogListening(ILogger logger, IPEndPoint visitors, IPEndPoint connectors, IPEndPoint api);

    [LoggerMessage(Level = LogLevel.Information, Message = "Connectors have to trust the certificate authority {cacert}")]
    private static partial void LogAuthority(ILogger logger, string cacert);

    [LoggerMessage(
        Level = LogLevel.Warning, Message = "Connectors will refuse this node's certificate: {reason:l}. Is the date right?")]
    private static partial void LogNotValid(ILogger logger, string reason);

    private static void LogExample(ILogger logger, IPEndPoint api, IPEndPoint connectors, string authority) =>
        ConnectorRun.LogLine(
            logger,
            $"Connect a server with: culvert tunnel --quick-service http://{api} --edge {connectors} --cacert {authority} " +
            "--url http://localhost:3000");
}
