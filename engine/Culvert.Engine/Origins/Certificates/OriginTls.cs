using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using Culvert.Ingress.OriginRequests;

namespace Culvert.Engine.Origins.Certificates;

/// <summary>TLS towards one origin (http2-and-proxy, section 5.2). Thread-safe.</summary>
/// <param name="settings">Whether certificates are verified.</param>
/// <param name="trust">Who may vouch for the origin.</param>
internal sealed class OriginTls(OriginRequest settings, OriginTrust trust)
{
    /// <summary>The name that every certificate on a unix socket may show as well: the socket's path names the origin.</summary>
    private const string LocalName = "localhost";

    /// <summary>Settings of one handshake, without ALPN: an origin that is offered none speaks HTTP/1.1.</summary>
    /// <param name="name">Name to ask and verify for; the platform sends none for an IP address (RFC 6066, section 3).</param>
    /// <param name="acceptsLocalName">Whether a certificate for <c>localhost</c> will do too.</param>
    public SslClientAuthenticationOptions CreateOptions(string name, bool acceptsLocalName = false) => new()
    {
        TargetHost = name,
        EnabledSslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13,
        CertificateChainPolicy = settings.NoTlsVerify ? null : trust.CreateChainPolicy(),
        RemoteCertificateValidationCallback = settings.NoTlsVerify || acceptsLocalName ? Accept : null,
    };

    /// <summary>
    /// Settings for the platform's client behind a forward proxy, which asks for the request's Host whatever it is told: the
    /// certificate is verified for the right name all the same.
    /// </summary>
    /// <param name="name">Name to verify for.</param>
    public SslClientAuthenticationOptions CreateTunnelOptions(string name)
    {
        var options = CreateOptions(name);
        options.RemoteCertificateValidationCallback = (_, certificate, _, errors) =>
            settings.NoTlsVerify || ((errors & ~SslPolicyErrors.RemoteCertificateNameMismatch) == SslPolicyErrors.None
                && certificate is X509Certificate2 shown && shown.MatchesHostname(name));
        return options;
    }

    private bool Accept(object sender, X509Certificate? certificate, X509Chain? chain, SslPolicyErrors errors) =>
        settings.NoTlsVerify || AcceptLocalName(sender, certificate, chain, errors);

    private static bool AcceptLocalName(object sender, X509Certificate? certificate, X509Chain? chain, SslPolicyErrors errors) =>
        errors == SslPolicyErrors.None
        || (errors == SslPolicyErrors.RemoteCertificateNameMismatch && certificate is X509Certificate2 shown
            && shown.MatchesHostname(LocalName));
}
