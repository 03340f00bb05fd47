using System.Net.Security;

namespace Culvert.Engine.Origins.Http;

/// <summary>Limits and timeouts of one origin (http2-and-proxy, section 5.1). Immutable.</summary>
internal sealed record HttpOriginSettings
{
    /// <summary>Longest time to resolve the name and connect.</summary>
    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Longest TLS handshake.</summary>
    public TimeSpan TlsTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How long an idle connection is kept.</summary>
    public TimeSpan IdleTimeout { get; init; } = TimeSpan.FromSeconds(90);

    /// <summary>Most idle connections that are kept.</summary>
    public int MaxIdle { get; init; } = 100;

    /// <summary>Decides on the origin's certificate instead of the platform; null leaves it to the platform.</summary>
    public RemoteCertificateValidationCallback? CertificateValidation { get; init; }

    /// <summary>The clock of all timeouts.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;
}
