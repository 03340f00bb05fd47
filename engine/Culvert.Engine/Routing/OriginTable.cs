using Culvert.Engine.Origins;
using Culvert.Engine.Origins.HelloWorld;
using Culvert.Engine.Origins.Http;
using Culvert.Engine.Origins.Status;
using Culvert.Ingress.Services;
using Culvert.Ingress.Snapshots;

namespace Culvert.Engine.Routing;

/// <summary>A snapshot with its origins started: rule number n is answered by origin number n. Thread-safe after creation.</summary>
public sealed class OriginTable : IAsyncDisposable
{
    private readonly IOrigin[] _origins;

    /// <summary>Takes over origins that run.</summary>
    internal OriginTable(IngressSnapshot snapshot, IOrigin[] origins)
    {
        Snapshot = snapshot;
        _origins = origins;
    }

    /// <summary>The rules in force.</summary>
    public IngressSnapshot Snapshot { get; }

    /// <summary>Starts the origins of a snapshot.</summary>
    /// <exception cref="IOException">A built-in origin could not start.</exception>
    public static async Task<OriginTable> StartAsync(IngressSnapshot snapshot, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(snapshot);
        var origins = new List<IOrigin>(snapshot.Rules.Count);
        try
        {
            foreach (var rule in snapshot.Rules)
            {
                origins.Add(await StartOriginAsync(rule.Service, cancellationToken).ConfigureAwait(false));
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

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        foreach (var origin in _origins)
        {
            await origin.DisposeAsync().ConfigureAwait(false);
        }
    }

    private static async Task<IOrigin> StartOriginAsync(OriginService service, CancellationToken cancellationToken) => service switch
    {
        OriginService.Http http => new HttpOrigin(http.Address),
        OriginService.HelloWorld => await HelloWorldOrigin.StartAsync(cancellationToken).ConfigureAwait(false),
        OriginService.Status status => new StatusOrigin(status.Code),
        _ => throw new NotSupportedException($"unrecognized service: {service}"),
    };
}
