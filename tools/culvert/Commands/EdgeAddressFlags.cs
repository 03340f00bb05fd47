using System.CommandLine;
using System.Net;
using Culvert.Connector;
using Culvert.Connector.EdgeAddresses;
using Culvert.Connector.Prechecks;
using Culvert.Connector.RemoteFeatures;
using Culvert.Ingress.Values;
using Culvert.Transports.Credentials;
using Microsoft.Extensions.Logging;

namespace Culvert.CommandLine.Commands;

/// <summary>Flags that say which edge nodes are dialled (supervisor-and-operations, sections 1.9 and 3).</summary>
internal sealed partial class EdgeAddressFlags
{
    private readonly Option<string[]> _edge = new("--edge")
    {
        Description =
            "Address of an edge node of your own; without it the hosted edge is looked up. Repeatable; each address takes " +
            "connections.",
        HelpName = "HOST:PORT",
        DefaultValueFactory = _ => Environment.GetEnvironmentVariable("TUNNEL_EDGE")
            ?.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries) ?? [],
        Recursive = true,
    };

    private readonly Option<string?> _region = new("--region")
    {
        Description = "Region of the hosted edge; any where it is left out.",
        HelpName = "REGION",
        DefaultValueFactory = _ => Environment.GetEnvironmentVariable("TUNNEL_REGION"),
        Recursive = true,
    };

    private readonly Option<string> _ipVersion = new("--edge-ip-version")
    {
        Description = "Family of the hosted edge's addresses.",
        HelpName = "4|6|auto",
        DefaultValueFactory = _ => Environment.GetEnvironmentVariable("TUNNEL_EDGE_IP_VERSION") ?? "auto",
        Recursive = true,
    };

    private readonly Option<int> _retries = new("--max-edge-addr-retries")
    {
        Description = "Failed dials in a row before another transport is considered.",
        HelpName = "N",
        DefaultValueFactory = _ => 8,
        Recursive = true,
    };

    private readonly Option<string[]> _servers = new("--edge-dns-resolver")
    {
        Description = "Resolver that is asked for the hosted edge instead of the system's. Repeatable.",
        HelpName = "IP:PORT",
        DefaultValueFactory = _ => [],
        Recursive = true,
        Hidden = true,
    };

    private readonly Option<bool> _noPrechecks = new("--no-prechecks")
    {
        Description = "Do not look at names, transports and ways to the edge beside the start.",
        DefaultValueFactory = _ => Environment.GetEnvironmentVariable("TUNNEL_NO_PRECHECKS") is "1" or "true",
        Recursive = true,
    };

    public void AddTo(Command command)
    {
        command.Options.Add(_edge);
        command.Options.Add(_region);
        command.Options.Add(_ipVersion);
        command.Options.Add(_retries);
        command.Options.Add(_servers);
        command.Options.Add(_noPrechecks);
    }

    /// <summary>Whom a diagnostic looks at: what the flags name, else what the connector was told.</summary>
    /// <param name="parsed">The command line.</param>
    /// <param name="running">The running connector's settings.</param>
    public PrecheckOptions Prechecks(ParseResult parsed, IReadOnlyDictionary<string, string> running) => new()
    {
        Edges = parsed.GetValue(_edge) is { Length: > 0 } given ? given
            : running.GetValueOrDefault("edge")
                ?.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries) ?? [],
        Region = parsed.GetValue(_region) ?? running.GetValueOrDefault("region") ?? "",
        DnsServers = Servers(parsed),
    };

    /// <summary>Which addresses of the hosted edge a diagnostic looks at.</summary>
    public EdgeIpVersion IpVersion(ParseResult parsed, IReadOnlyDictionary<string, string> running) =>
        Version(FlagValue.OrRunning(parsed, _ipVersion, running)!);

    /// <summary>Finds the addresses, and sets what decides between them.</summary>
    /// <param name="options">The rest.</param>
    /// <param name="parsed">The command line.</param>
    /// <param name="logger">Takes the lines of discovery.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="CommandException">A value is not usable, or there are no addresses.</exception>
    public async Task<ConnectorOptions> ResolveAsync(
        ConnectorOptions options, ParseResult parsed, ILogger logger, CancellationToken cancellationToken)
    {
        var version = Version(parsed.GetValue(_ipVersion)!);
        var retries = parsed.GetValue(_retries);
        if (retries < 0)
        {
            throw new CommandException($"--max-edge-addr-retries: {retries} is negative");
        }

        options = options with
        {
            Prechecks = Prechecks(parsed, options),
            EdgeIpVersion = Version(version, options.BindAddress, logger),
            MaxEdgeAddressRetries = retries,
        };
        return parsed.GetValue(_edge) is { Length: > 0 } values
            ? options with { EdgeAddresses = await ResolveAsync(values, logger, cancellationToken).ConfigureAwait(false) }
            : options with
            {
                EdgeRegions = await DiscoverAsync(parsed, options, logger, cancellationToken).ConfigureAwait(false),

                // Who asks DNS for the hosted edge gets its features from there too.
                FeatureRecord = options.FeatureRecord ?? new FeatureRecordSource(FeatureRecordSource.OriginalName),
            };
    }

    private PrecheckOptions? Prechecks(ParseResult parsed, ConnectorOptions options) => parsed.GetValue(_noPrechecks) ? null
        : new PrecheckOptions
        {
            Edges = parsed.GetValue(_edge)!,
            Region = Region(parsed.GetValue(_region) ?? "", options.Credentials),
            DnsServers = Servers(parsed),
        };

    private static EdgeIpVersion Version(string text) => text switch
    {
        "4" => EdgeIpVersion.V4,
        "6" => EdgeIpVersion.V6,
        "auto" => EdgeIpVersion.Auto,
        var other => throw new CommandException($"--edge-ip-version: invalid value for edge-ip-version: {other}"),
    };

    // An address to dial from leaves no choice of a family.
    private static EdgeIpVersion Version(EdgeIpVersion version, IPAddress? bound, ILogger logger)
    {
        if (bound is null)
        {
            return version;
        }

        var needed = bound.AddressFamily == System.Net.Sockets.AddressFamily.InterNetworkV6 ? EdgeIpVersion.V6 : EdgeIpVersion.V4;
        if (version != EdgeIpVersion.Auto && version != needed)
        {
            LogOverriding(logger);
        }

        return needed;
    }

    private static async Task<IReadOnlyList<IPEndPoint>> ResolveAsync(
        string[] values, ILogger logger, CancellationToken cancellationToken)
    {
        try
        {
            return await StaticEdgeAddresses.ResolveAsync(
                values, (value, error) => LogUnresolved(logger, value, error), cancellationToken).ConfigureAwait(false);
        }
        catch (FormatException e)
        {
            throw new CommandException($"--edge: {e.Message}", e);
        }
    }

    private async Task<IReadOnlyList<IReadOnlyList<IPEndPoint>>> DiscoverAsync(
        ParseResult parsed, ConnectorOptions options, ILogger logger, CancellationToken cancellationToken)
    {
        try
        {
            var regions = await new EdgeDiscovery(Servers(parsed), logger)
                .FindAsync(Region(parsed.GetValue(_region) ?? "", options.Credentials), cancellationToken).ConfigureAwait(false);
            return Usable(regions, options.EdgeIpVersion) ? regions : throw new CommandException(
                "--edge-ip-version: the edge has no address of that family");
        }
        catch (EdgeDiscoveryException e)
        {
            throw new CommandException(
                $"{e.Message}. For an edge node of your own give its address, for example --edge 127.0.0.1:7844", e);
        }
    }

    /// <summary>Resolvers that are asked about the hosted edge; none for the system's.</summary>
    public IPEndPoint[] Servers(ParseResult parsed) => [.. parsed.GetValue(_servers)!.Select(text =>
        IpText.TryParseEndPoint(text, out var server)
            ? server : throw new CommandException($"--edge-dns-resolver: '{text}' is not IP:PORT"))];

    // A tunnel that belongs to a region cannot be run in another one (ingress-and-config, section 9.5). A quick tunnel has no
    // credentials yet.
    private static string Region(string named, TunnelCredentials? credentials) => named.Length == 0 ? credentials?.Endpoint ?? ""
        : credentials is not { Endpoint.Length: > 0 }
            ? named : throw new CommandException("--region: region provided with a token that has an endpoint");

    private static bool Usable(IEnumerable<IEnumerable<IPEndPoint>> regions, EdgeIpVersion version) =>
        version == EdgeIpVersion.Auto
            || regions.SelectMany(region => region).Any(address =>
                (address.AddressFamily == System.Net.Sockets.AddressFamily.InterNetworkV6) == (version == EdgeIpVersion.V6));

    [LoggerMessage(Level = LogLevel.Error, Message = "edge discovery: failed to resolve to TCP address {address} {error}")]
    private static partial void LogUnresolved(ILogger logger, string address, string error);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Overriding edge-ip-version")]
    private static partial void LogOverriding(ILogger logger);
}
