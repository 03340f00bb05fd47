using System.Net;
using DnsClient;
using DnsClient.Protocol;
using Microsoft.Extensions.Logging;

namespace Culvert.Connector.EdgeAddresses;

/// <summary>
/// Finds the hosted edge's addresses by DNS: a service record names its regions, each of which has addresses
/// (supervisor-and-operations, section 3). One call finds them for the life of the process.
/// </summary>
public sealed partial class EdgeDiscovery
{
    private const int Regions = 2;

    private static readonly string[] Advice =
    [
        "Please try the following things to diagnose this issue:",
        "  1. ensure that the name resolves: dig srv _v2-origintunneld._tcp.argotunnel.com",
        "  2. ensure that your DNS resolver returns SRV records and answers over TCP where an answer is long",
        "  3. try another resolver, for example in /etc/resolv.conf",
        "  4. ensure that a firewall lets DNS out, and TCP to 1.1.1.1:853",
        "  5. give the address of an edge node of your own with --edge HOST:PORT",
        "  6. ask whoever runs the network for the above",
    ];

    private readonly ILookupClient _dns;
    private readonly DnsOverTls _fallback;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;

    /// <summary>Creates a discovery by the system's resolvers.</summary>
    /// <param name="servers">Resolvers to ask instead of the system's; none for those.</param>
    /// <param name="logger">Takes its lines.</param>
    /// <param name="time">The clock of the limits.</param>
    public EdgeDiscovery(IReadOnlyList<IPEndPoint> servers, ILogger logger, TimeProvider? time = null)
        : this(servers, DnsOverTls.Default, logger, time ?? TimeProvider.System)
    {
    }

    internal EdgeDiscovery(IReadOnlyList<IPEndPoint> servers, DnsOverTls fallback, ILogger logger, TimeProvider time)
    {
        var options = servers.Count > 0
            ? new LookupClientOptions([.. servers.Select(server => new NameServer(server))]) : new LookupClientOptions();
        options.UseCache = false;
        options.ThrowDnsErrors = true;
        options.Timeout = TimeSpan.FromSeconds(5);
        options.Retries = 1;
        (_dns, _fallback, _time, _logger) = (new LookupClient(options), fallback, time, logger);
    }

    /// <summary>The name that is asked for.</summary>
    /// <param name="region">Prefix of the service, or empty.</param>
    public static string ServiceName(string region) =>
        $"_{(string.IsNullOrEmpty(region) ? "" : region + "-")}v2-origintunneld._tcp.argotunnel.com";

    /// <summary>Finds the addresses of both regions, in the order of the resolver.</summary>
    /// <param name="region">Prefix of the service, or empty.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="EdgeDiscoveryException">There are none.</exception>
    /// <exception cref="OperationCanceledException">Given up.</exception>
    public async Task<IReadOnlyList<IReadOnlyList<IPEndPoint>>> FindAsync(string region, CancellationToken cancellationToken)
    {
        var service = ServiceName(region);
        var records = SrvRecord.Order(await FindServiceAsync(service, cancellationToken).ConfigureAwait(false), Random.Shared);
        var regions = new List<IReadOnlyList<IPEndPoint>>();
        foreach (var record in records)
        {
            regions.Add(await ResolveAsync(record, cancellationToken).ConfigureAwait(false));
        }

        return regions.Count >= Regions ? [.. regions.Take(Regions)] : throw new EdgeDiscoveryException(
            $"expected at least {Regions} Cloudflare Regions regions, but SRV only returned {regions.Count}");
    }

    private async Task<IReadOnlyList<SrvRecord>> FindServiceAsync(string service, CancellationToken cancellationToken)
    {
        Exception first;
        try
        {
            var answer = await _dns.QueryAsync(service, QueryType.SRV, cancellationToken: cancellationToken)
                .ConfigureAwait(false);
            return [.. answer.Answers.OfType<DnsClient.Protocol.SrvRecord>().Select(record => new SrvRecord(
                record.Priority, record.Weight, record.Port, record.Target.Value))];
        }
        catch (Exception e) when (e is DnsResponseException or OperationCanceledException)
        {
            // The resolver's client calls an end that was asked for a failure of its own.
            cancellationToken.ThrowIfCancellationRequested();
            first = e;
        }

        try
        {
            var records = await _fallback.QueryAsync(service, _time, cancellationToken).ConfigureAwait(false);
            if (records.Count > 0)
            {
                return records;
            }
        }
        catch (Exception e) when (e is IOException or FormatException)
        {
            LogFallbackFailed(_logger, e.Message);
        }

        LogFailed(_logger, first.Message);
        foreach (var line in Advice)
        {
            LogAdvice(_logger, line);
        }

        throw new EdgeDiscoveryException($"Could not lookup srv records on {service}: {first.Message}", first);
    }

    private async Task<IReadOnlyList<IPEndPoint>> ResolveAsync(SrvRecord record, CancellationToken cancellationToken)
    {
        var addresses = new List<IPEndPoint>();
        try
        {
            var v4 = _dns.QueryAsync(record.Target, QueryType.A, cancellationToken: cancellationToken);
            var v6 = _dns.QueryAsync(record.Target, QueryType.AAAA, cancellationToken: cancellationToken);
            foreach (var answer in await Task.WhenAll(v4, v6).ConfigureAwait(false))
            {
                addresses.AddRange(
                    answer.Answers.OfType<AddressRecord>().Select(found => new IPEndPoint(found.Address, record.Port)));
            }
        }
        catch (Exception e) when (e is DnsResponseException or OperationCanceledException)
        {
            cancellationToken.ThrowIfCancellationRequested();
            throw new EdgeDiscoveryException($"Couldn't resolve SRV record {record.Target}: {e.Message}", e);
        }

        LogResolved(_logger, record.Target, addresses);
        return addresses.Count > 0 ? addresses : throw new EdgeDiscoveryException($"SRV record {record.Target} had no IPs");
    }

    [LoggerMessage(Level = LogLevel.Debug, Message = "edge discovery: resolved edge addresses {domain} {addresses}")]
    private static partial void LogResolved(ILogger logger, string domain, IReadOnlyList<IPEndPoint> addresses);

    [LoggerMessage(Level = LogLevel.Debug, Message = "edge discovery: DNS over TLS failed as well {error}")]
    private static partial void LogFallbackFailed(ILogger logger, string error);

    [LoggerMessage(
        Level = LogLevel.Error, Message = "edge discovery: error looking up Cloudflare edge IPs: the DNS query failed {error}")]
    private static partial void LogFailed(ILogger logger, string error);

    [LoggerMessage(Level = LogLevel.Error, Message = "{advice}")]
    private static partial void LogAdvice(ILogger logger, string advice);
}

/// <summary>The edge's addresses could not be found.</summary>
public sealed class EdgeDiscoveryException : Exception
{
    /// <summary>Creates the exception.</summary>
    public EdgeDiscoveryException(string message, Exception? inner = null)
        : base(message, inner)
    {
    }
}
