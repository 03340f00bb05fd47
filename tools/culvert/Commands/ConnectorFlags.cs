using System.CommandLine;
using System.CommandLine.Parsing;
using System.Net;
using Culvert.CommandLine.Readiness;
using Culvert.CommandLine.Reloading;
using Culvert.Connector;
using Culvert.Connector.Prechecks;
using Culvert.Connector.RemoteFeatures;
using Culvert.Connector.Supervision;
using Culvert.Engine.Metrics;
using Culvert.Engine.Tags;
using Culvert.Ingress.Rules;
using Culvert.Ingress.Services;
using Culvert.Ingress.Settings;
using Culvert.Ingress.Snapshots;
using Culvert.Ingress.Values;
using Culvert.Transports.Tls;
using Microsoft.Extensions.Logging;

namespace Culvert.CommandLine.Commands;

/// <summary>Flags of every command that runs a connector (cli-api-access, section 3).</summary>
internal sealed partial class ConnectorFlags(ConfigurationFlag configuration)
{
    private readonly Option<string?> _url = new("--url")
    {
        Description = "The web server to make reachable, for example http://localhost:3000.",
        HelpName = "URL",
        DefaultValueFactory = _ => Environment.GetEnvironmentVariable("TUNNEL_URL"),
        Recursive = true,
    };

    private readonly Option<bool> _helloWorld = new("--hello-world")
    {
        Description = "Serve the built-in demo page.",
        DefaultValueFactory = _ => Environment.GetEnvironmentVariable("TUNNEL_HELLO_WORLD") is "1" or "true",
        Recursive = true,
    };

    private readonly Option<string?> _caCert = new("--cacert")
    {
        Description = "File with the certificate authority of the edge, instead of the system's.",
        HelpName = "FILE",
        DefaultValueFactory = _ => Environment.GetEnvironmentVariable("TUNNEL_CACERT"),
        Recursive = true,
    };

    private readonly Option<string> _protocol = new("--protocol", "-p")
    {
        Description = "Transport of the tunnel.",
        HelpName = "auto|quic|http2",
        DefaultValueFactory = _ => Environment.GetEnvironmentVariable("TUNNEL_TRANSPORT_PROTOCOL") ?? "auto",
        Recursive = true,
    };

    private readonly Option<bool> _postQuantum = new("--post-quantum", "--pq")
    {
        Description = "Connect with post-quantum key agreement or not at all.",
        Recursive = true,
    };

    private readonly Option<TimeSpan> _gracePeriod = new("--grace-period")
    {
        Description = "How long open requests may go on after the first SIGINT or SIGTERM; at most 3m.",
        HelpName = "DURATION",
        CustomParser = FlagValue.Duration,
        DefaultValueFactory = _ => TimeSpan.FromSeconds(30),
        Recursive = true,
    };

    private readonly Option<int> _connections = new("--ha-connections")
    {
        Description = "Parallel connections to the edge, at most one for each address.",
        HelpName = "N",
        DefaultValueFactory = _ => 4,
        Recursive = true,
    };

    private readonly Option<string?> _bindAddress = new("--edge-bind-address")
    {
        Description = "Local address to dial the edge from.",
        HelpName = "IP",
        DefaultValueFactory = _ => Environment.GetEnvironmentVariable("TUNNEL_EDGE_BIND_ADDRESS"),
        Recursive = true,
    };

    private readonly Option<string[]> _tags = new("--tag")
    {
        Description = "Tag that origins get as the request header Cf-Warp-Tag-NAME. Repeatable.",
        HelpName = "NAME=VALUE",
        DefaultValueFactory = _ => Environment.GetEnvironmentVariable("TUNNEL_TAG")
            ?.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries) ?? [],
        Recursive = true,
    };

    private readonly Option<bool> _stdinControl = new("--stdin-control")
    {
        Description = "Take commands for tests from standard input.",
        DefaultValueFactory = _ => Environment.GetEnvironmentVariable("STDIN_CONTROL") is "1" or "true",
        Recursive = true,
        Hidden = true,
    };

    private readonly EdgeAddressFlags _edge = new();
    private readonly PidFileFlag _pidFile = new("TUNNEL_PIDFILE");
    private readonly QuicFlags _quic = new();
    private readonly FeatureFlags _features = new();
    private readonly ManagementFlags _management = new();
    private readonly TraceFlag _traces = new("cloudflared");

    // Accepted because every script of the original has it; this build does not update itself.
    private readonly Option<bool> _noAutoUpdate = new("--no-autoupdate") { Hidden = true, Recursive = true };

    /// <summary>Where metrics are served, for the commands that ask a running connector.</summary>
    public MetricsFlag Metrics { get; } = new(MetricsAddress.Default, "TUNNEL_METRICS");

    public void AddTo(Command command)
    {
        command.Options.Add(_url);
        command.Options.Add(_helloWorld);
        OriginFlagOptions.AddTo(command);
        InertFlags.AddTo(command);
        _edge.AddTo(command);
        command.Options.Add(_caCert);
        command.Options.Add(_protocol);
        command.Options.Add(_postQuantum);
        command.Options.Add(_gracePeriod);
        command.Options.Add(_connections);
        command.Options.Add(_bindAddress);
        command.Options.Add(_noAutoUpdate);
        command.Options.Add(_tags);
        Metrics.AddTo(command);
        _pidFile.AddTo(command);
        _quic.AddTo(command);
        _features.AddTo(command);
        _management.AddTo(command);
        _traces.AddTo(command);
        command.Options.Add(_stdinControl);
    }

    /// <summary>Who is told that the connector serves.</summary>
    public ReadinessReport Readiness(ParseResult parsed, ILogger logger) =>
        new(_pidFile.Path(parsed), SystemdNotification.OfEnvironment(), logger);

    /// <summary>Commands for tests; null for none.</summary>
    public TextReader? Control(ParseResult parsed) =>
        parsed.GetValue(_stdinControl) ? new StreamReader(Console.OpenStandardInput()) : null;

    /// <summary>Whether the flags name an origin, which is what asks for a quick tunnel.</summary>
    public bool HasOrigin(ParseResult parsed) => parsed.GetValue(_helloWorld) || !string.IsNullOrEmpty(parsed.GetValue(_url));

    /// <summary>The rules that a configuration and the command line make together.</summary>
    /// <exception cref="IngressException">A rule is not valid.</exception>
    public static IngressSnapshot Ingress(ParseResult parsed, LoadedConfiguration loaded) => loaded.Ingress(
        parsed.CommandResult.Children.OfType<ArgumentResult>().Any(argument => argument.Tokens.Count > 0));

    private IngressSnapshot Ingress(ParseResult parsed)
    {
        try
        {
            return Ingress(parsed, configuration.Loaded);
        }
        catch (IngressException e)
        {
            throw new CommandException(configuration.Path is { } path ? ConfigurationReload.Describe(path, e) : e.Message, e);
        }
    }

    /// <summary>
    /// Says that every request will be answered 503, when neither the file nor the flags name an origin, and that global Access
    /// settings protect nothing.
    /// </summary>
    public static void WarnWithoutOrigin(ConnectorOptions options, ILogger logger)
    {
        if (options.Ingress.Rules is [{ Service: OriginService.Status { InsteadOfRules: true } }])
        {
            LogNoRules(logger);
        }

        if (options.Ingress.Defaults.Access.Required)
        {
            LogInertAccess(logger);
        }
    }

    /// <summary>Everything the flags say, but for the credentials and the addresses.</summary>
    /// <exception cref="CommandException">A value is not usable; the text names the flag.</exception>
    public ConnectorOptions Options(ParseResult parsed, ILogger logger) => new()
    {
        Credentials = null!,
        EdgeAddresses = [],
        Trust = Trust(parsed.GetValue(_caCert), logger),
        Protocol = Protocol(parsed.GetValue(_protocol)!),
        PostQuantum = parsed.GetValue(_postQuantum),
        QuicProvider = _quic.Provider(parsed),
        Quic = _quic.Transport(parsed),
        BindAddress = BindAddress(parsed),
        GracePeriod = GracePeriod(parsed),
        Connections = Connections(parsed),
        Retries = RegistrationSettings.Retries(configuration.Settings),
        RpcTimeout = RegistrationSettings.RpcTimeout(configuration.Settings),
        Ingress = Ingress(parsed),
        WarpRouting = configuration.Loaded.WarpRouting,
        MaxActiveFlows = configuration.Loaded.MaxActiveFlows(),
        ConfigurationFlags = configuration.ToldToEdge(),
        DiagnosticSettings = DiagnosticSettings.Of(configuration.Settings),
        DnsResolvers = DatagramSettings.Resolvers(configuration.Settings),
        Icmp = DatagramSettings.Icmp(configuration.Settings),
        Features = _features.Named(parsed),
        FeatureRecord = _features.Record(parsed),
        Tags = [.. parsed.GetValue(_tags)!.Select(ParseTag)],
        MetricsAddress = Metrics.Address(parsed),
        Management = _management.Options(parsed),
        Traces = _traces.Options(parsed),
    };

    /// <summary>
    /// Lets the hosted edge's record choose between the transports, where the user did not (supervisor-and-operations, section
    /// 4.1).
    /// </summary>
    public ConnectorOptions WithProtocolRecord(ConnectorOptions options, ParseResult parsed) =>
        options.EdgeRegions is null || options.Protocol != TunnelProtocol.Auto || options.PostQuantum ? options
            : options with { ProtocolRecord = new FeatureRecordSource(ProtocolRecord.OriginalName, _edge.Servers(parsed)) };

    /// <summary>
    /// Looks at the network as a running connector does: its settings hold where the command line says nothing.
    /// </summary>
    /// <param name="parsed">The command line.</param>
    /// <param name="running">The connector's settings.</param>
    /// <param name="logger">Takes lines about certificates.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="CommandException">A value is not usable.</exception>
    public Task<PrecheckReport> PrecheckAsync(
        ParseResult parsed, IReadOnlyDictionary<string, string> running, ILogger logger, CancellationToken cancellationToken)
    {
        var options = Options(parsed, logger) with
        {
            Trust = Trust(FlagValue.OrRunning(parsed, _caCert, running), logger),
            Protocol = Protocol(FlagValue.OrRunning(parsed, _protocol, running)!),
            PostQuantum = parsed.GetValue(_postQuantum) || running.GetValueOrDefault("post-quantum") == "true",
            EdgeIpVersion = _edge.IpVersion(parsed, running),
        };
        return Precheck.RunAsync(options, _edge.Prechecks(parsed, running), Precheck.DiagnosticLimit, cancellationToken);
    }

    private static Tag ParseTag(string text) => Tag.TryParse(text, out var tag)
        ? tag : throw new CommandException($"--tag: Tag parse failure: Cannot parse tag value {text}");

    private TimeSpan GracePeriod(ParseResult parsed)
    {
        var period = parsed.GetValue(_gracePeriod);
        return period <= ConnectorOptions.MaxGracePeriod
            ? period : throw new CommandException("--grace-period: grace-period must be equal or less than 3m0s");
    }

    private int Connections(ParseResult parsed)
    {
        var connections = parsed.GetValue(_connections);
        return connections is > 0 and <= 255
            ? connections : throw new CommandException($"--ha-connections: {connections} is not between 1 and 255");
    }

    private static EdgeTrust Trust(string? caCert, ILogger logger)
    {
        try
        {
            return caCert is { Length: > 0 } file
                ? EdgeTrust.FromFile(file, reason => LogTrustKept(logger, reason)) : EdgeTrust.Default();
        }
        catch (EdgeTrustException e)
        {
            throw new CommandException(
                $"--cacert: unable to create TLS config to connect with edge: Error loading root CAs: {e.Message}", e);
        }
    }

    private static TunnelProtocol Protocol(string text) => text switch
    {
        "auto" => TunnelProtocol.Auto,
        "quic" => TunnelProtocol.Quic,
        "http2" or "h2mux" => TunnelProtocol.Http2,
        var other => throw new CommandException($"--protocol: unknown protocol {other}, Available protocols: [auto http2 quic]"),
    };

    private IPAddress? BindAddress(ParseResult parsed)
    {
        if (parsed.GetValue(_bindAddress) is not { Length: > 0 } text)
        {
            return null;
        }

        return IpText.TryParseAddress(text, out var address)
            ? address : throw new CommandException($"--edge-bind-address: invalid value for edge-bind-address: {text}");
    }

    /// <summary>Adds the edge's addresses to what <see cref="Options"/> says.</summary>
    /// <exception cref="CommandException">There are none.</exception>
    public Task<ConnectorOptions> WithEdgeAsync(
        ConnectorOptions options, ParseResult parsed, ILogger logger, CancellationToken cancellationToken) =>
        _edge.ResolveAsync(options, parsed, logger, cancellationToken);

    // As in the original, where it surprises people (ingress-and-config, section 3.6).
    [LoggerMessage(
        Level = LogLevel.Error, Message = "The file of --cacert has changed and is not used, the old one stays {reason}")]
    private static partial void LogTrustKept(ILogger logger, string reason);

    [LoggerMessage(
        Level = LogLevel.Warning,
        Message = "access.required in the global originRequest protects nothing: no request needs a token unless its own rule " +
            "requires one")]
    private static partial void LogInertAccess(ILogger logger);

    [LoggerMessage(Level = LogLevel.Warning, Message = OriginFlags.NoRules)]
    private static partial void LogNoRules(ILogger logger);
}
