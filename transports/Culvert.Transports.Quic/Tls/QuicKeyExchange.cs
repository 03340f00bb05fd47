namespace Culvert.Transports.Quic;

/// <summary>Use of the post-quantum hybrid group X25519MLKEM768 in the TLS handshake.</summary>
public enum QuicKeyExchange
{
    /// <summary>First choice where the TLS library has it, classical groups otherwise.</summary>
    PreferPostQuantum,

    /// <summary>Classical groups only.</summary>
    Classical,

    /// <summary>Nothing else is offered; connecting fails where the TLS library lacks it.</summary>
    RequirePostQuantum,
}
