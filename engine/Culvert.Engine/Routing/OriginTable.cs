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

namespace Culvert.Engine.Routing;

/// <summary>A snapshot with its origins started: rule number n is answered by origin number n. Thread-safe after creation.</summary>
public sealed class OriginTable : IAsyncDisposable
{
    private const int Forbidden = 403;

    private readonly IOrigin[] _origins;

    /// <summary>Takes over origins that run.</summary>
    internal OriginTable(IngressSnapshot snapshot, IOrigin[] origins)
    {
        Snapshot = snapshot;
        _origins = origins;
    }

    /// <summary>The rules in force.</summary>
    public IngressSnapshot Snapshot { get; }

    /// <summary>Starts the origins of a snapshot. Every rule has its own, with its own settings and connections.</summary>
    /// <param name="snapshot">The rules.</param>
    /// <param name="metrics">What the origins count.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="IOException">A built-in origin could not start, or a file of certificates cannot be read.</exception>
    public static async Task<OriginTable> StartAsync(
        IngressSnapshot snapshot, ProxyMetrics metrics, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(snapshot);
        var origins = new List<IOrigin>(snapshot.Rules.Count);
        try
        {
            foreach (var rule in snapshot.Rules)
            {
                origins.Add(await StartOriginAsync(rule, metrics, cancellationToken).ConfigureAwait(false));
            }

            return new OriginTable(snapshot, [.. origins]);
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
        foreach (var origin in _origins)
        {
            await origin.DisposeAsync().ConfigureAwait(false);
        }
    }

    private static async Task<IOrigin> StartOriginAsync(
        IngressRule rule, ProxyMetrics metrics, CancellationToken cancellationToken)
    {
        if (rule.RequiresAccess)
        {
            // Tokens cannot be checked here: nobody has a valid one.
            return new StatusOrigin(Forbidden);
        }

        var settings = rule.OriginRequest;
        return rule.Service switch
        {
            OriginService.Http http => HttpService.Create(HttpOriginAddress.Of(http.Address), settings),
            OriginService.UnixSocket unix => HttpService.Create(HttpOriginAddress.Unix(unix.Path, unix.Tls), settings),
            OriginService.Tcp tcp => new TcpServiceOrigin(HostPort.Join(tcp.Host, tcp.Port), settings, metrics),
            OriginService.HelloWorld => await HelloWorldOrigin.StartAsync(cancellationToken).ConfigureAwait(false),
            OriginService.Status status => new StatusOrigin(status.Code),
            OriginService.Bastion => new BastionOrigin(settings, metrics),
            OriginService.Socks socks => new SocksProxyOrigin(socks.Access, settings, metrics),
            var other => throw new NotSupportedException($"unrecognized service: {other}"),
        };
    }
}
