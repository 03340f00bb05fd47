using System.Text.Json;
using Microsoft.IdentityModel.Tokens;

namespace Culvert.Engine.Access;

/// <summary>
/// The keys of one issuer: fetched when the first token comes, and again when a token names a key that is not there, but not more
/// often than <see cref="Interval"/>; so tokens that are made up cannot make it a load for the issuer. Keys of an hour are
/// replaced with the next token, which does not wait for it. When the issuer cannot be reached, the keys that are there stay.
/// Thread-safe.
/// </summary>
/// <param name="issuer">Whose keys.</param>
/// <param name="client">Fetches them; not owned.</param>
/// <param name="time">The clock.</param>
internal sealed class AccessKeySet(string issuer, AccessKeyClient client, TimeProvider time) : IDisposable
{
    /// <summary>Most keys that are kept; an issuer has two or three.</summary>
    public const int MaxKeys = 64;

    private readonly Lock _lock = new();
    private readonly CancellationTokenSource _stop = new();
    private volatile Fetched _fetched = new([], null);
    private Task? _fetch;
    private long? _askedAt;
    private AccessTokenException? _failure;
    private bool _disposed;

    /// <summary>Shortest time between two fetches that tokens with unknown keys cause; a second after a failure.</summary>
    public static TimeSpan Interval { get; } = TimeSpan.FromSeconds(10);

    /// <summary>Age at which keys are fetched again.</summary>
    public static TimeSpan Lifetime { get; } = TimeSpan.FromHours(1);

    private static TimeSpan IntervalAfterFailure { get; } = TimeSpan.FromSeconds(1);

    /// <summary>The keys of that name that are known now; all of them for a token that names none.</summary>
    public IReadOnlyList<SecurityKey> Find(string? name)
    {
        var fetched = _fetched;
        if (fetched.At is { } at && time.GetElapsedTime(at) > Lifetime)
        {
            // Not awaited, but remembered: whoever asks next sees what came of it.
            Fetch();
        }

        return string.IsNullOrEmpty(name) ? fetched.Keys : [.. fetched.Keys.Where(key => key.Kid == name)];
    }

    /// <summary>Fetches the keys again, unless that was done just now.</summary>
    /// <exception cref="AccessTokenException">The last attempt failed and there are no keys.</exception>
    public async ValueTask RefreshAsync(CancellationToken cancellationToken)
    {
        if (Fetch() is { } fetch)
        {
            await fetch.WaitAsync(cancellationToken).ConfigureAwait(false);
        }

        lock (_lock)
        {
            if (_failure is { } failure)
            {
                throw failure;
            }
        }
    }

    /// <summary>Gives a fetch up; there is no other one. May be called again.</summary>
    public void Dispose()
    {
        lock (_lock)
        {
            if (_disposed)
            {
                return;
            }

            _disposed = true;
        }

        _stop.Cancel();
        _stop.Dispose();
    }

    // One at a time; null when the last one is too recent.
    private Task? Fetch()
    {
        lock (_lock)
        {
            if (_fetch is { IsCompleted: false })
            {
                return _fetch;
            }

            var interval = _failure is null ? Interval : IntervalAfterFailure;
            if (_disposed || (_askedAt is { } at && time.GetElapsedTime(at) < interval))
            {
                return null;
            }

            _askedAt = time.GetTimestamp();
            var stop = _stop.Token;
            return _fetch = Task.Run(() => FetchAsync(stop), stop);
        }
    }

    // Never fails: what went wrong is told to whoever needs the keys.
    private async Task FetchAsync(CancellationToken stop)
    {
        Fetched? fetched = null;
        AccessTokenException? failure = null;
        try
        {
            fetched = new Fetched(Read(await client.FetchAsync(issuer, stop).ConfigureAwait(false)), time.GetTimestamp());
        }
        catch (Exception e)
        {
            failure = e as AccessTokenException ?? new AccessTokenException($"oidc: get keys failed: {e.Message}", e);
        }

        lock (_lock)
        {
            _fetched = fetched ?? _fetched;
            _failure = failure;
        }
    }

    private static JsonWebKey[] Read(string json)
    {
        try
        {
            return
            [
                .. new JsonWebKeySet(json).Keys.Where(
                    key => key.Kty == JsonWebAlgorithmsKeyTypes.RSA && key.Use is null or "" or "sig")
                    .Take(MaxKeys),
            ];
        }
        catch (Exception e) when (e is ArgumentException or JsonException or FormatException)
        {
            throw new AccessTokenException("oidc: failed to decode keys", e);
        }
    }

    // With the clock's timestamp; null before the first time.
    private sealed record Fetched(IReadOnlyList<JsonWebKey> Keys, long? At);
}
