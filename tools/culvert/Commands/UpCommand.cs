using System.CommandLine;
using System.Globalization;
using System.Net;
using Culvert.CommandLine.Signals;
using Culvert.Connector;
using Culvert.Edge;
using Culvert.Edge.Certificates;
using Culvert.Ingress.Services;
using Culvert.Ingress.Snapshots;
using Culvert.Transports.Tls;

namespace Culvert.CommandLine.Commands;

/// <summary><c>culvert up</c>: an edge node and a connector in one process, joined over loopback with real TLS.</summary>
internal sealed class UpCommand
{
    private readonly LogFlags _log = new();
    private readonly EdgeFlags _edge = new();

    private readonly Option<string?> _url = new("--url")
    {
        Description = "The web server to show. Without it, the built-in demo page.",
        HelpName = "URL",
    };

    public static Command Create()
    {
        var up = new UpCommand();
        var command = new Command("up", "Show a web server under a URL of this machine: edge node and connector in one.")
        {
            up._url,
            up._edge.Visitors,
        };
        up._log.AddTo(command);
        command.SetAction((parsed, _) => up.RunAsync(parsed));
        return command;
    }

    private async Task<int> RunAsync(ParseResult parsed)
    {
        await using var logger = _log.CreateLogger(parsed);
        using var signal = new ShutdownSignal(name => ConnectorRun.LogSignal(logger, name));
        var ingress = IngressSnapshot.CatchAll(Origin(parsed));
        using var certificates = EdgeCertificates.CreateInMemory(TimeProvider.System.GetUtcNow());
        var edge = new EdgeOptions
        {
            VisitorAddress = parsed.GetValue(_edge.Visitors)!,
            ConnectorAddress = new IPEndPoint(IPAddress.Loopback, 0),
            ApiAddress = null,
        };
        await using var node = new EdgeNode(edge, certificates, logger);
        try
        {
            await node.StartAsync(signal.Asked).ConfigureAwait(false);
        }
        catch (IOException e)
        {
            throw new CommandException($"{e.Message}. Choose another address with {_edge.Visitors.Name} ADDRESS:PORT", e);
        }

        var (credentials, hostname) = node.QuickTunnels.Create()!.Value;
        var options = new ConnectorOptions
        {
            Credentials = credentials,
            EdgeAddresses = [node.ConnectorEndPoint],
            Trust = EdgeTrust.Only(certificates.Authority),
            Ingress = ingress,
            Connections = 1,
            Icmp = null,
            GracePeriod = TimeSpan.FromSeconds(5),
        };
        var connector = new Connector.Connector(options, logger);
        var url = string.Create(CultureInfo.InvariantCulture, $"http://{hostname}:{node.VisitorEndPoint.Port}");
        var running = connector.RunAsync(signal.Asked);
        await Task.WhenAny(connector.Connected, running).ConfigureAwait(false);
        if (!running.IsCompleted)
        {
            await parsed.InvocationConfiguration.Output.WriteLineAsync(url).ConfigureAwait(false);
            await parsed.InvocationConfiguration.Output.FlushAsync(signal.Asked).ConfigureAwait(false);
        }

        await running.ConfigureAwait(false);
        await node.StopAsync(CancellationToken.None).ConfigureAwait(false);
        return 0;
    }

    private OriginService Origin(ParseResult parsed)
    {
        try
        {
            return parsed.GetValue(_url) is { Length: > 0 } url ? OriginUrl.Parse(url) : new OriginService.HelloWorld();
        }
        catch (FormatException e)
        {
            throw new CommandException($"--url: {e.Message}", e);
        }
    }
}
