using Culvert.Engine.Origins;
using Culvert.Ingress.OriginRequests;

namespace Culvert.Engine.Access;

/// <summary>
/// The guards of one table of rules: rules of the same team share its keys. Not thread-safe until all are made.
/// </summary>
/// <param name="client">Fetches keys; not owned.</param>
/// <param name="time">The clock of tokens and keys.</param>
internal sealed class AccessGuards(AccessKeyClient client, TimeProvider time) : IDisposable
{
    private readonly Dictionary<string, AccessKeySet> _keys = new(StringComparer.Ordinal);

    /// <summary>The origin, behind a guard.</summary>
    public AccessOrigin Guard(IOrigin origin, AccessSettings settings)
    {
        var issuer = AccessIssuer.Of(settings);
        if (!_keys.TryGetValue(issuer, out var keys))
        {
            _keys.Add(issuer, keys = new AccessKeySet(issuer, client, time));
        }

        return new AccessOrigin(origin, new AccessTokenValidator(settings, keys, time));
    }

    /// <summary>Gives up what is being fetched.</summary>
    public void Dispose()
    {
        foreach (var keys in _keys.Values)
        {
            keys.Dispose();
        }
    }
}
