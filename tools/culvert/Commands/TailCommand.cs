using System.CommandLine;
using System.Globalization;
using Culvert.CommandLine.Logging;
using Culvert.CommandLine.Signals;
using Culvert.CommandLine.Tailing;
using Culvert.Connector.Management;
using Culvert.Transports.Connections;
using Culvert.Transports.Credentials;
using Microsoft.Extensions.Logging;

namespace Culvert.CommandLine.Commands;

/// <summary><c>culvert tail</c>: shows the log events of a running connector (supervisor-and-operations, section 7.3).</summary>
internal sealed class TailCommand
{
    private const string FederalIssuer = "fed-tunnelstore";

    private readonly LogFlags _log = new();
    private readonly Option<string> _hostname = ManagementFlags.CreateHostname();

    private readonly Option<string?> _edge = new("--management-url")
    {
        Description =
            "Where an edge node of your own takes visitors, such as http://127.0.0.1:8080; by default the host over TLS.",
        HelpName = "URL",
    };

    private readonly Option<string?> _connector = new("--connector-id")
    {
        Description = "Connector to listen to, when the tunnel has several.",
        HelpName = "UUID",
        DefaultValueFactory = _ => Environment.GetEnvironmentVariable("TUNNEL_MANAGEMENT_CONNECTOR"),
    };

    private readonly Option<string[]> _events = new("--event")
    {
        Description = "Kind of event to show. Repeatable; all by default.",
        HelpName = "cloudflared|http|tcp|udp",
        DefaultValueFactory = _ => Environment.GetEnvironmentVariable("TUNNEL_MANAGEMENT_FILTER_EVENTS")
            ?.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries) ?? [],
    };

    private readonly Option<string> _level = new("--level")
    {
        Description = "Least important events to show.",
        HelpName = "debug|info|warn|error",
        DefaultValueFactory = _ => Environment.GetEnvironmentVariable("TUNNEL_MANAGEMENT_FILTER_LEVEL") ?? "debug",
    };

    private readonly Option<string> _sample = new("--sample")
    {
        Description = "Share of the events to show, above 0 and up to 1.",
        HelpName = "SHARE",
        DefaultValueFactory = _ => Environment.GetEnvironmentVariable("TUNNEL_MANAGEMENT_FILTER_SAMPLE") ?? "1",
    };

    private readonly Option<string?> _token = new("--token")
    {
        Description = "Management token of the tunnel.",
        HelpName = "JWT",
        DefaultValueFactory = _ => Environment.GetEnvironmentVariable("TUNNEL_MANAGEMENT_TOKEN"),
    };

    private readonly TunnelOwnerFlags _owner = new();

    private readonly Argument<string?> _tunnel = new("TUNNEL-ID")
    {
        Description = "UUID of the tunnel; the token names it too.",
        Arity = ArgumentArity.ZeroOrOne,
    };

    public static Command Create()
    {
        var tail = new TailCommand();
        var command = new Command("tail", "Show the log of a running connector.")
        {
            tail._tunnel, tail._token, tail._connector, tail._level, tail._events, tail._sample, tail._hostname, tail._edge,
        };
        tail._log.AddTo(command);
        tail._owner.AddTo(command);
        command.Subcommands.Add(ManagementTokenCommand.ForLogs(tail._owner));
        command.SetAction((parsed, _) => tail.RunAsync(parsed));
        return command;
    }

    // As in the original, whatever is wrong is logged and is no failure of the command.
    private async Task<int> RunAsync(ParseResult parsed)
    {
        await using var logger = _log.CreateLogger(parsed);
        using var signal = new ShutdownSignal(static _ => { });
        try
        {
            return await signal.RunAsync(async stop =>
            {
                using var tail = new LogTail(
                    await RequestAsync(parsed, stop).ConfigureAwait(false), _log.IsJson(parsed),
                    parsed.InvocationConfiguration.Output);
                await tail.RunAsync(stop).ConfigureAwait(false);
                return ExitCode.Success;
            }).ConfigureAwait(false);
        }
        catch (TailException e)
        {
            Log(logger, e.Texts);
            return ExitCode.Success;
        }
    }

    private static void Log(CommandLogger logger, IReadOnlyList<string> texts)
    {
        foreach (var text in texts)
        {
            logger.Write(LogLevel.Error, text);
        }
    }

    private async Task<TailRequest> RequestAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        var level = LogNames.LevelOf(parsed.GetValue(_level))
            ?? throw new TailException(
                "invalid --level filter provided, please use one of the following Log Levels: debug, info, warn, error");
        LogEvent[] events = [.. parsed.GetValue(_events)!.Select(name => LogNames.EventOf(name)
            ?? throw new TailException(
                "invalid --event filter provided, please use one of the following EventTypes: cloudflared, http, tcp, udp"))];
        var share = double.TryParse(parsed.GetValue(_sample), NumberStyles.Float, CultureInfo.InvariantCulture, out var number)
            && number is > 0 and <= 1 ? number
            : throw new TailException("invalid --sample value provided, please make sure it is in the range (0.0 .. 1.0)");
        var connector = Connector(parsed);
        var edge = Edge(parsed);
        var token = parsed.GetValue(_token) is { Length: > 0 } given ? given : await ManagementTokenClient.RequestAsync(
            _owner.Owner(parsed, parsed.GetValue(_tunnel)), "logs", cancellationToken).ConfigureAwait(false);
        return new TailRequest
        {
            Hostname = ManagementToken.Parse(token)?.Issuer == FederalIssuer
                ? ManagementHostnames.Federal : parsed.GetValue(_hostname)!,
            Edge = edge,
            Token = token,
            Connector = connector,
            Level = level,
            Events = events,
            Sampling = share,
        };
    }

    private Uri? Edge(ParseResult parsed) => parsed.GetValue(_edge) is not { Length: > 0 } text ? null
        : Uri.TryCreate(text, UriKind.Absolute, out var url) && url.Scheme is "http" or "https" ? url
        : throw new TailException($"--management-url: '{text}' is no URL such as http://127.0.0.1:8080");

    private Guid? Connector(ParseResult parsed) => parsed.GetValue(_connector) is not { Length: > 0 } text ? null
        : UuidConverter.TryParse(text, out var id) ? id
        : throw new TailException($"unable to parse '{text}' as a valid connector-id: it is no UUID");
}
