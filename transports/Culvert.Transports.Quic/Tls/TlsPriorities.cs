using System.Text;
using Culvert.Transports.Quic.Native;

namespace Culvert.Transports.Quic.Tls;

/// <summary>
/// Cipher suites and groups. TLS 1.3 only and without its middlebox disguise, which QUIC forbids; AES first, because GnuTLS
/// takes seven times as long for ChaCha20. Parsed once per process and shared by every session.
/// </summary>
internal static unsafe class TlsPriorities
{
    private const string Common = "NORMAL:-VERS-ALL:+VERS-TLS1.3:-CIPHER-ALL:+AES-128-GCM:+AES-256-GCM:+CHACHA20-POLY1305"
        + ":%DISABLE_TLS13_COMPAT_MODE:-GROUP-ALL";

    private const string ClassicalGroups = ":+GROUP-X25519:+GROUP-SECP256R1:+GROUP-SECP384R1";
    private const string HybridGroup = ":+GROUP-X25519-MLKEM768";

    private static readonly nint Hybrid = Parse(Common + HybridGroup);
    private static readonly nint HybridThenClassical = Parse(Common + HybridGroup + ClassicalGroups);
    private static readonly nint Classical = Parse(Common + ClassicalGroups);

    /// <summary>Whether this GnuTLS has the hybrid group: 3.8.9 and later, when built with it.</summary>
    public static bool HasPostQuantum => Hybrid != 0;

    public static nint For(QuicKeyExchange exchange) => exchange switch
    {
        QuicKeyExchange.RequirePostQuantum when !HasPostQuantum => throw new QuicUnavailableException(
            "post-quantum key exchange is required, but this GnuTLS has no X25519MLKEM768:"
            + " install GnuTLS 3.8.9 or later built with it"),
        QuicKeyExchange.RequirePostQuantum => Hybrid,
        QuicKeyExchange.PreferPostQuantum when HasPostQuantum => HybridThenClassical,
        _ => Classical,
    };

    /// <summary>
    /// How many groups a client's first message has keys for. GnuTLS would make one of each kind; where X25519 is the first
    /// choice every edge has it, and a second key is only work. A hybrid first choice is not everybody's, so it keeps a classical
    /// one beside.
    /// </summary>
    public static uint KeyShares(nint priority) => priority == HybridThenClassical ? 0 : GnuTls.KeyShareTop;

    private static nint Parse(string text)
    {
        var bytes = Encoding.ASCII.GetBytes(text + '\0');
        fixed (byte* start = bytes)
        {
            nint priority = 0;
            return GnuTls.gnutls_priority_init(&priority, start, null) == 0 ? priority : 0;
        }
    }
}
