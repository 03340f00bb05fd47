using Culvert.Engine.Access;
using Culvert.Engine.Metrics;
using Culvert.Engine.Origins;
using Culvert.Engine.Origins.Bastion;
using Culvert.Engine.Origins.HelloWorld;
using Culvert.Engine.Origins.Http;
using Culvert.Engine.Origins.Socks;
using Culvert.Engine.Origins.Status;
using Culvert.Engine.Origins.Tcp;
using Culvert.Ingress.Services;
using Culvert.Ingress.Snapshots;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Culvert.Engine.Routing;

/// <summary>
/// A snapshot with its origins started: rule number n is answered by origin number n. Thread-safe after creation.
/// </summary>
public sealed class OriginTable : IAsyncDisposable
{
    // For the whole process: its connections outlive a configuration.
    private static readonly AccessKeyClient AccessKeys = new();

    private readonly IOrigin[] _origins;
    private readonly AccessGuards? _guards;

    /// <summary>Takes over origins that run.</summary>
    internal OriginTable(IngressSnapshot snapshot, IOrigin[] origins, AccessGuards? guards = null)
    {
        Snapshot = snapshot;
        _origins = origins;
        _guards = guards;
    }

    /// <summary>The rules in force.</summary>
    public IngressSnapshot Snapshot { get; }

    /// <summary>Starts the origins of a snapshot. Every rule has its own, with its own settings and connections.</summary>
    /// <param name="snapshot">The rules.</param>
    /// <param name="metrics">What the origins count.</param>
    /// <param name="logger">Hears of files of certificates that are not used.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="IOException">A built-in origin could not start, or a file of certificates cannot be read.</exception>
    public static Task<OriginTable> StartAsync(
        IngressSnapshot snapshot, ProxyMetrics metrics, ILogger logger, CancellationToken cancellationToken) =>
        StartAsync(snapshot, metrics, logger, AccessKeys, TimeProvider.System, cancellationToken);

    /// <summary>The same, and nobody hears of anything.</summary>
    public static Task<OriginTable> StartAsync(
        IngressSnapshot snapshot, ProxyMetrics metrics, CancellationToken cancellationToken) =>
        StartAsync(snapshot, metrics, NullLogger.Instance, cancellationToken);

    /// <summary>The same, with others to ask for the keys of Access tokens, which are not owned, and for the time.</summary>
    internal static async Task<OriginTable> StartAsync(
        IngressSnapshot snapshot, ProxyMetrics metrics, ILogger logger, AccessKeyClient accessKeys, TimeProvider time,
        CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(snapshot);
        var origins = new List<IOrigin>(snapshot.Rules.Count);
        var guards = new AccessGuards(accessKeys, time);
        try
        {
            foreach (var rule in snapshot.Rules)
            {
                var origin = await StartOriginAsync(rule, metrics, logger, cancellationToken).ConfigureAwait(false);
                origins.Add(rule.RequiresAccess ? guards.Guard(origin, rule.OriginRequest.Access) : origin);
            }

            return new OriginTable(snapshot, [.. origins], guards);
        }
        catch
        {
            foreach (var origin in origins)
            {
                await origin.DisposeAsync().ConfigureAwait(false);
            }

            throw;
        }
    }

    /// <summary>The origin of a rule.</summary>
    public IOrigin this[int rule] => _origins[rule];

    /// <summary>No new request will come; those that run go on. See <see cref="IOrigin.Retire"/>.</summary>
    public void Retire() => Array.ForEach(_origins, origin => origin.Retire());

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        _guards?.Dispose();
        foreach (var origin in _origins)
        {
            await origin.DisposeAsync().ConfigureAwait(false);
        }
    }

    private static async Task<IOrigin> StartOriginAsync(
        IngressRule rule, ProxyMetrics metrics, ILogger logger, CancellationToken cancellationToken)
    {
        var settings = rule.OriginRequest;
        return rule.Service switch
        {
            OriginService.Http http => HttpService.Create(HttpOriginAddress.Of(http.Address), settings, logger: logger),
            OriginService.UnixSocket unix =>
                HttpService.Create(HttpOriginAddress.Unix(unix.Path, unix.Tls), settings, logger: logger),
            OriginService.Tcp tcp => new TcpServiceOrigin(HostPort.Join(tcp.Host, tcp.Port), settings, metrics),
            OriginService.HelloWorld => await HelloWorldOrigin.StartAsync(cancellationToken).ConfigureAwait(false),
            OriginService.Status status => new StatusOrigin(status.Code),
            OriginService.Bastion => new BastionOrigin(settings, metrics),
            OriginService.Socks socks => new SocksProxyOrigin(socks.Access, settings, metrics),
            var other => throw new NotSupportedException($"unrecognized service: {other}"),
        };
    }
}
