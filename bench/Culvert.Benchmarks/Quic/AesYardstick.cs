using System.Diagnostics;
using System.Runtime.InteropServices;

namespace Culvert.Benchmarks.Quic;

/// <summary>
/// One fixed loop of the TLS library's AES-128-GCM. The published figures of the Go stack were taken on a machine where it
/// took 544 ns, which makes them comparable on another.
/// </summary>
internal static unsafe partial class AesYardstick
{
    public static double Nanoseconds()
    {
        const int size = 1350, rounds = 200_000;
        var key = stackalloc byte[16];
        var datum = stackalloc nint[2];
        datum[0] = (nint)key;
        datum[1] = 16;
        nint handle;
        int algorithm;
        fixed (byte* name = "AES-128-GCM\0"u8)
            algorithm = gnutls_cipher_get_id(name);
        if (gnutls_aead_cipher_init(&handle, algorithm, datum) != 0)
            return double.NaN;
        var best = double.MaxValue;
        for (var pass = 0; pass < 3; pass++)
        {
            var started = Stopwatch.GetTimestamp();
            Loop(handle, size, rounds);
            best = Math.Min(best, Stopwatch.GetElapsedTime(started).TotalNanoseconds / rounds);
        }
        gnutls_aead_cipher_deinit(handle);
        return best;
    }

    private static void Loop(nint handle, int size, int rounds)
    {
        var plain = stackalloc byte[size];
        var secret = stackalloc byte[size + 16];
        var nonce = stackalloc byte[12];
        for (var i = 0; i < rounds; i++)
        {
            *(int*)nonce = i;
            nuint length = (nuint)size + 16;
            _ = gnutls_aead_cipher_encrypt(handle, nonce, 12, nonce, 12, 16, plain, (nuint)size, secret, &length);
        }
    }

    [LibraryImport("libgnutls.so.30")]
    private static partial int gnutls_cipher_get_id(byte* name);

    [LibraryImport("libgnutls.so.30")]
    private static partial int gnutls_aead_cipher_init(nint* handle, int algorithm, nint* key);

    [LibraryImport("libgnutls.so.30")]
    private static partial void gnutls_aead_cipher_deinit(nint handle);

    [LibraryImport("libgnutls.so.30")]
    private static partial int gnutls_aead_cipher_encrypt(nint handle, byte* nonce, nuint nonceLength, byte* auth,
        nuint authLength,
        nuint tagSize, byte* plain, nuint plainLength, byte* secret, nuint* secretLength);
}
