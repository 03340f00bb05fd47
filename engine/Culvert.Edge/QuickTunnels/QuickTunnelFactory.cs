using System.Security.Cryptography;
using Culvert.Edge.Tunnels;
using Culvert.Transports.Credentials;

namespace Culvert.Edge.QuickTunnels;

/// <summary>Hands out tunnels to whoever asks (cli-api-access, section 8). Thread-safe.</summary>
public sealed class QuickTunnelFactory(TunnelDirectory directory, EdgeOptions options, TimeProvider time)
{
    private const int SecretBytes = 32;
    private const int NameAttempts = 16;

    /// <summary>Account that owns every quick tunnel of this node.</summary>
    public const string AccountTag = "culvert-quick-tunnels";

    /// <summary>Makes a tunnel with a fresh id, secret and hostname.</summary>
    /// <returns>The credentials and hostname, or null when the node has as many quick tunnels as it may.</returns>
    public (TunnelCredentials Credentials, string Hostname)? Create()
    {
        directory.RemoveUnused(options.QuickTunnelLinger, time);
        for (var attempt = 0; attempt < NameAttempts && directory.QuickTunnels < options.MaxQuickTunnels; attempt++)
        {
            var credentials = new TunnelCredentials(AccountTag, Guid.NewGuid(), RandomNumberGenerator.GetBytes(SecretBytes));
            var hostname = $"{QuickTunnelNames.Next()}.{options.BaseDomain}";
            if (directory.TryAdd(new Tunnel(credentials, hostname, isQuick: true, time.GetTimestamp())))
            {
                return (credentials, hostname);
            }
        }

        return null;
    }
}
