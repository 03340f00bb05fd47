using System.Text;
using Culvert.Transports.Quic.Native;

namespace Culvert.Transports.Quic.Tls;

/// <summary>Application protocol names, encoded once per endpoint.</summary>
internal sealed unsafe class AlpnList
{
    private const int Limit = 8;
    private readonly byte[][] _names;

    public AlpnList(IReadOnlyList<string> names)
    {
        if (names.Count is 0 or > Limit)
            throw new ArgumentException($"Between 1 and {Limit} application protocols are needed.", nameof(names));
        _names = [.. names.Select(Encoding.ASCII.GetBytes)];
        if (_names.Any(name => name.Length is 0 or > 255))
            throw new ArgumentException("An application protocol's name has 1 to 255 bytes.", nameof(names));
    }

    public void ApplyTo(nint session, uint flags)
    {
        var text = stackalloc byte[Limit * 256];
        var list = stackalloc gnutls_datum_t[Limit];
        for (var i = 0; i < _names.Length; i++)
        {
            _names[i].CopyTo(new Span<byte>(text, 256));
            list[i] = new gnutls_datum_t { data = text, size = (uint)_names[i].Length };
            text += 256;
        }
        _ = GnuTls.gnutls_alpn_set_protocols(session, list, (uint)_names.Length, flags);
    }
}
