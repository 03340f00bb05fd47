using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Culvert.Transports.Tls;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Culvert.Engine.Origins.Certificates;

/// <summary>
/// Which certificate authorities may vouch for an origin: the system's, the three built-in ones, and those of a file, which is
/// read again when it changes (ingress-and-config, section 10.3). Thread-safe.
/// </summary>
internal sealed partial class OriginTrust
{
    // Read once for the process: the system's store holds more than a hundred certificates.
    private static readonly Lazy<X509Certificate2Collection> SystemRoots = new(() => EdgeTrust.Default().Roots);

    private readonly FollowedFile<X509Certificate2Collection>? _own;

    private OriginTrust(FollowedFile<X509Certificate2Collection>? own) => _own = own;

    /// <summary>
    /// Reads the file; an empty path names none. A readable file without a certificate counts as absent, and is told.
    /// </summary>
    /// <param name="path">PEM file.</param>
    /// <param name="logger">Hears of a file that is not used; null for nobody.</param>
    /// <param name="time">The clock of looks at the file; null for the system's.</param>
    /// <exception cref="IOException">The file cannot be read; the text is the original's.</exception>
    public static OriginTrust Load(string path, ILogger? logger = null, TimeProvider? time = null)
    {
        if (path.Length == 0)
        {
            return new OriginTrust(null);
        }

        logger ??= NullLogger.Instance;
        var started = false;
        var own = new FollowedFile<X509Certificate2Collection>(
            path, Follow, e => LogKept(logger, path, e.Message), time ?? TimeProvider.System);
        started = true;
        if (own.Current.Count == 0)
        {
            LogUnusable(logger);
        }

        return new OriginTrust(own);

        // At first a file without certificates will do; later it is a mistake, or half written.
        X509Certificate2Collection Follow(string file)
        {
            var read = Read(file);
            return read.Count > 0 || !started ? read : throw new IOException($"there is no certificate in {file}");
        }
    }

    /// <summary>Chain rules for one handshake; no revocation look-ups, as in the original.</summary>
    public X509ChainPolicy CreateChainPolicy()
    {
        var policy = new X509ChainPolicy
        {
            TrustMode = X509ChainTrustMode.CustomRootTrust,
            RevocationMode = X509RevocationMode.NoCheck,
        };
        policy.CustomTrustStore.AddRange(SystemRoots.Value);
        if (_own is not null)
        {
            policy.CustomTrustStore.AddRange(_own.Current);
        }

        return policy;
    }

    private static X509Certificate2Collection Read(string path)
    {
        string text;
        try
        {
            text = File.ReadAllText(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new IOException(
                $"Error loading cert pool: unable to read the file {path} for --origin-ca-pool: {e.Message}", e);
        }

        var own = new X509Certificate2Collection();
        try
        {
            own.ImportFromPem(text);
        }
        catch (CryptographicException)
        {
            own.Clear();
        }

        return own;
    }

    [LoggerMessage(
        Level = LogLevel.Information, Message = "could not append the provided origin CA to the cloudflared certificate pool")]
    private static partial void LogUnusable(ILogger logger);

    [LoggerMessage(
        Level = LogLevel.Error,
        Message = "The certificates of {path} stay as they were, because the file has changed and cannot be used {error}")]
    private static partial void LogKept(ILogger logger, string path, string error);
}
