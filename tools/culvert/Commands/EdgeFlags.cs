using System.CommandLine;
using System.Net;
using Culvert.CommandLine.Readiness;
using Culvert.Edge;
using Culvert.Edge.Tunnels;
using Culvert.Engine.Metrics;
using Culvert.Transports.Credentials;
using Microsoft.Extensions.Logging;

namespace Culvert.CommandLine.Commands;

/// <summary>Flags of <c>culvert edge</c>.</summary>
internal sealed class EdgeFlags
{
    public const string Tunnel = "--tunnel";
    public const string TunnelsFile = "--tunnels-file";
    public const string Data = "--data";

    private static readonly TimeSpan MaxGracePeriod = TimeSpan.FromHours(1);

    private readonly Option<IPEndPoint?> _connectors = new("--listen-connectors")
    {
        Description = "Address that connectors dial.",
        HelpName = "ADDRESS:PORT",
        CustomParser = FlagValue.ListenAddress,
        DefaultValueFactory = _ => new IPEndPoint(IPAddress.Loopback, EdgeOptions.DefaultConnectorPort),
    };

    private readonly Option<IPEndPoint?> _api = new("--listen-api")
    {
        Description = "Address of the service for quick tunnels and management tokens.",
        HelpName = "ADDRESS:PORT",
        CustomParser = FlagValue.ListenAddress,
        DefaultValueFactory = _ => new IPEndPoint(IPAddress.Loopback, 8081),
    };

    private readonly Option<string> _data = new(Data)
    {
        Description = "Directory of the node's certificates.",
        HelpName = "DIRECTORY",
        DefaultValueFactory = _ => Path.Combine(
            Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".culvert", "edge"),
    };

    private readonly Option<string> _domain = new("--base-domain")
    {
        Description = "Domain under which quick tunnels get their names.",
        HelpName = "DOMAIN",
        DefaultValueFactory = _ => "localhost",
    };

    private readonly Option<string> _management = ManagementFlags.CreateHostname();

    private readonly Option<string[]> _tunnels = new(Tunnel)
    {
        Description = "A tunnel with a fixed hostname. Repeatable. Make a token with 'culvert edge token'.",
        HelpName = "HOSTNAME=TOKEN",
    };

    private readonly Option<string?> _tunnelsFile = new(TunnelsFile)
    {
        Description =
            "File with a line HOSTNAME=TOKEN for each of further such tunnels. Empty lines and those after '#' do not count.",
        HelpName = "FILE",
    };

    private readonly Option<string?> _tunnelConfigurations = new("--tunnel-config-dir")
    {
        Description = "Directory with a file HOSTNAME.json for each tunnel whose connectors get their rules from here.",
        HelpName = "DIRECTORY",
    };

    private readonly PrivateNetworkFlags _private = new();
    private readonly PidFileFlag _pidFile = new(variable: null);
    private readonly AccessLogFlags _accessLog = new();
    private readonly TraceFlag _traces = new("culvert-edge");
    private readonly MetricsFlag _metrics = new(MetricsAddress.EdgeDefault, variable: null);

    private readonly Option<TimeSpan> _gracePeriod = new("--grace-period")
    {
        Description = "How long open requests may go on after the first SIGINT or SIGTERM; at most 1h.",
        HelpName = "DURATION",
        CustomParser = FlagValue.Duration,
        DefaultValueFactory = _ => TimeSpan.FromSeconds(30),
    };

    private readonly Option<int> _quicLoops = new("--quic-loops")
    {
        Description = "Threads for QUIC, at most one for each processor is of use.",
        HelpName = "N",
        DefaultValueFactory = _ => 1,
    };

    public Option<IPEndPoint?> Visitors { get; } = new("--listen")
    {
        Description = "Address that visitors come to, over HTTP.",
        HelpName = "ADDRESS:PORT",
        CustomParser = FlagValue.ListenAddress,
        DefaultValueFactory = _ => new IPEndPoint(IPAddress.Loopback, 8080),
    };

    public void AddTo(Command command)
    {
        command.Options.Add(Visitors);
        command.Options.Add(_connectors);
        command.Options.Add(_api);
        command.Options.Add(_data);
        command.Options.Add(_domain);
        command.Options.Add(_management);
        command.Options.Add(_tunnels);
        command.Options.Add(_tunnelsFile);
        command.Options.Add(_tunnelConfigurations);
        command.Options.Add(_quicLoops);
        command.Options.Add(_gracePeriod);
        _pidFile.AddTo(command);
        _accessLog.AddTo(command);
        _traces.AddTo(command);
        _metrics.AddTo(command);
        _private.AddTo(command);
    }

    /// <summary>Directory of the configurations of tunnels; null for none.</summary>
    public string? TunnelConfigurations(ParseResult parsed) => parsed.GetValue(_tunnelConfigurations);

    /// <summary>Who is told that the node serves.</summary>
    public ReadinessReport Readiness(ParseResult parsed, ILogger logger) =>
        new(_pidFile.Path(parsed), SystemdNotification.OfEnvironment(), logger);

    /// <summary>How long the node may take to stop.</summary>
    /// <exception cref="CommandException">The value is too long.</exception>
    public TimeSpan GracePeriod(ParseResult parsed) => parsed.GetValue(_gracePeriod) is var period && period <= MaxGracePeriod
        ? period : throw new CommandException("--grace-period: it must be 1h or less");

    /// <summary>Directory of the certificates.</summary>
    public string DataDirectory(ParseResult parsed) => parsed.GetValue(_data)!;

    /// <exception cref="CommandException">A value is not usable.</exception>
    public EdgeOptions Options(ParseResult parsed) => _private.AddTo(parsed, parsed.GetValue(Visitors)!.Address, new EdgeOptions
    {
        VisitorAddress = parsed.GetValue(Visitors)!,
        ConnectorAddress = parsed.GetValue(_connectors)!,
        ApiAddress = parsed.GetValue(_api),
        BaseDomain = parsed.GetValue(_domain)!.Trim('.').ToLowerInvariant(),
        ManagementHostname = parsed.GetValue(_management)!,
        QuicLoops = parsed.GetValue(_quicLoops) is >= 1 and <= 64 and var loops
            ? loops : throw new CommandException($"--quic-loops: {parsed.GetValue(_quicLoops)} is not between 1 and 64"),
        AccessLog = _accessLog.Options(parsed),
        Traces = _traces.Options(parsed),
        MetricsAddress = _metrics.Address(parsed),
        Tunnels = [.. (parsed.GetValue(_tunnels) ?? []).Select(text => ParseTunnel(Tunnel, text)), .. TunnelsOfFile(parsed)],
    });

    private StaticTunnel[] TunnelsOfFile(ParseResult parsed)
    {
        if (parsed.GetValue(_tunnelsFile) is not { Length: > 0 } path)
        {
            return [];
        }

        try
        {
            return File.ReadLines(path).Select((line, index) => (Text: line.Trim(), Place: $"{path}: line {index + 1}"))
                .Where(line => line.Text.Length > 0 && line.Text[0] != '#')
                .Select(line => ParseTunnel(line.Place, line.Text)).ToArray();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new CommandException($"{TunnelsFile}: {e.Message}", e);
        }
    }

    private static StaticTunnel ParseTunnel(string place, string text)
    {
        var equals = text.IndexOf('=', StringComparison.Ordinal);
        if (equals <= 0 || Uri.CheckHostName(text[..equals]) == UriHostNameType.Unknown)
        {
            throw new CommandException($"{place}: what is there is not HOSTNAME=TOKEN");
        }

        try
        {
            return new StaticTunnel(text[..equals], TunnelToken.Parse(text[(equals + 1)..]));
        }
        catch (CredentialsException e)
        {
            throw new CommandException($"{place}: {text[..equals]}: {e.Message}", e);
        }
    }
}
