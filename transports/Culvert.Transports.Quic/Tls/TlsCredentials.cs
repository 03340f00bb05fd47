using System.Text;
using Culvert.Transports.Quic.Native;

namespace Culvert.Transports.Quic.Tls;

/// <summary>What an endpoint presents or trusts. Read-only after set-up and shared by its sessions, on any thread.</summary>
internal sealed unsafe class TlsCredentials : IDisposable
{
    private int _references = 1;

    private TlsCredentials()
    {
        nint handle;
        Check(GnuTls.gnutls_certificate_allocate_credentials(&handle), "allocating credentials");
        Handle = handle;
    }

    public nint Handle { get; private set; }

    public static TlsCredentials ForServer(string certificatePem, string privateKeyPem)
    {
        var result = new TlsCredentials();
        try
        {
            var chain = Encoding.ASCII.GetBytes(certificatePem);
            var key = Encoding.ASCII.GetBytes(privateKeyPem);
            fixed (byte* chainStart = chain, keyStart = key)
            {
                var chainDatum = new gnutls_datum_t { data = chainStart, size = (uint)chain.Length };
                var keyDatum = new gnutls_datum_t { data = keyStart, size = (uint)key.Length };
                Check(GnuTls.gnutls_certificate_set_x509_key_mem2(result.Handle, &chainDatum, &keyDatum, GnuTls.FormatPem, null,
                    0),
                    "reading the certificate and its key");
            }
            Array.Clear(key);
            return result;
        }
        catch
        {
            result.Dispose();
            throw;
        }
    }

    public static TlsCredentials ForClient(string? rootsPem, bool systemRoots)
    {
        var result = new TlsCredentials();
        try
        {
            if (systemRoots)
                Check(GnuTls.gnutls_certificate_set_x509_system_trust(result.Handle), "loading the system's root certificates");
            if (rootsPem is not null)
                result.Trust(rootsPem);
            return result;
        }
        catch
        {
            result.Dispose();
            throw;
        }
    }

    /// <summary>Another user of the same credentials; each disposes once.</summary>
    public TlsCredentials Share()
    {
        Interlocked.Increment(ref _references);
        return this;
    }

    public void Dispose()
    {
        if (Interlocked.Decrement(ref _references) != 0)
            return;
        GnuTls.gnutls_certificate_free_credentials(Handle);
        Handle = 0;
    }

    private void Trust(string pem)
    {
        var bytes = Encoding.ASCII.GetBytes(pem);
        fixed (byte* start = bytes)
        {
            var datum = new gnutls_datum_t { data = start, size = (uint)bytes.Length };
            var count = GnuTls.gnutls_certificate_set_x509_trust_mem(Handle, &datum, GnuTls.FormatPem);
            if (count <= 0)
                throw new ArgumentException("No root certificate could be read from the PEM text.", nameof(pem));
        }
    }

    private static void Check(int result, string action)
    {
        if (result < 0)
            throw new ArgumentException($"{action}: {GnuTls.Describe(result)}");
    }
}
