using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;
using Culvert.Transports.Quic.Native;
using Culvert.Transports.Quic.Tls;

namespace Culvert.Transports.Quic;

/// <summary>Whether this machine can do QUIC: the native libraries, their versions, their features. Thread-safe.</summary>
public static unsafe class QuicRuntime
{
    private static readonly Lazy<(string? Reason, string Version)> Probe = new(Look);

    /// <summary>True when QUIC endpoints can be made here.</summary>
    /// <param name="reason">Otherwise, one line that says what is missing and which package to install.</param>
    public static bool IsSupported([NotNullWhen(false)] out string? reason)
    {
        reason = Probe.Value.Reason;
        return reason is null;
    }

    /// <summary>True when the TLS library has the post-quantum hybrid group X25519MLKEM768.</summary>
    public static bool HasPostQuantum => IsSupported(out _) && TlsPriorities.HasPostQuantum;

    /// <summary>Names and versions of the native libraries, for the log; empty when unsupported.</summary>
    public static string Version => Probe.Value.Version;

    /// <summary>Throws what <see cref="IsSupported"/> reports.</summary>
    /// <exception cref="QuicUnavailableException">QUIC cannot be used here.</exception>
    internal static void ThrowIfUnsupported()
    {
        if (!IsSupported(out var reason))
            throw new QuicUnavailableException(reason);
    }

    internal static string? Explain(bool isLinux, bool hasEngine, bool hasHelper, int version, string? versionText)
    {
        if (!isLinux)
            return "QUIC needs Linux: ngtcp2 is not bound on this system";
        if (!hasEngine || !hasHelper)
        {
            var missing = !hasEngine ? Ngtcp2.Library : Ngtcp2Crypto.Library;
            return $"QUIC needs {missing}: install the packages libngtcp2-16 and libngtcp2-crypto-gnutls8"
                + " (Debian 12: from bookworm-backports)";
        }
        if (version < Ngtcp2.MinimumVersion)
            return $"QUIC needs ngtcp2 1.11 or later, this is {versionText}:"
                + " upgrade the packages libngtcp2-16 and libngtcp2-crypto-gnutls8";
        return null;
    }

    private static (string? Reason, string Version) Look()
    {
        var isLinux = OperatingSystem.IsLinux();
        var hasEngine = isLinux && NativeLibrary.TryLoad(Ngtcp2.Library, out _);
        var hasHelper = hasEngine && NativeLibrary.TryLoad(Ngtcp2Crypto.Library, out _);
        var info = hasEngine ? Ngtcp2.ngtcp2_version(0) : null;
        var text = info is null ? null : Marshal.PtrToStringUTF8((nint)info->version_str);
        var reason = Explain(isLinux, hasEngine, hasHelper, info is null ? 0 : info->version_num, text);
        if (reason is null && !NativeLayout.IsExpected)
            reason = "QUIC: the native structures of this build do not have the layout of ngtcp2 1.11";
        if (reason is not null)
            return (reason, "");
        var gnutls = Marshal.PtrToStringUTF8((nint)GnuTls.gnutls_check_version(null));
        return (null, $"ngtcp2 {text}, GnuTLS {gnutls}");
    }
}
