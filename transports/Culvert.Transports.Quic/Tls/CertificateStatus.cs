namespace Culvert.Transports.Quic.Tls;

/// <summary>GnuTLS' reasons for refusing a certificate, in words.</summary>
internal static class CertificateStatus
{
    private static readonly (uint Bit, string Text)[] Reasons =
    [
        (0x4000, "the name does not match"),
        (1024, "it has expired"),
        (512, "it is not valid yet"),
        (64, "its issuer is unknown"),
        (128, "its signer is not an authority"),
        (256, "it uses an insecure algorithm"),
        (32, "it was revoked"),
        (0x40000, "it is not meant for this purpose"),
    ];

    public static string? Describe(uint status)
    {
        if (status is 0 or uint.MaxValue)
            return null;
        var texts = Reasons.Where(reason => (status & reason.Bit) != 0).Select(reason => reason.Text).ToArray();
        return texts.Length == 0 ? $"status 0x{status:x}" : string.Join(", ", texts);
    }
}
