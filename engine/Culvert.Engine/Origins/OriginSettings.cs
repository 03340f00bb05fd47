using Culvert.Engine.Origins.AccessRules;

namespace Culvert.Engine.Origins;

/// <summary>
/// How one rule's origin is reached: the resolved <c>originRequest</c> keys under their own names (ingress-and-config,
/// section 3.1; http2-and-proxy, section 5.1). Immutable.
/// </summary>
public sealed record OriginSettings
{
    /// <summary>Longest time to resolve a name and connect; zero or less waits as long as the system does.</summary>
    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Longest TLS handshake; zero or less sets no limit.</summary>
    public TimeSpan TlsTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Silence before the first TCP keep-alive probe; zero means 15 s, less sends none.</summary>
    public TimeSpan TcpKeepAlive { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Tries a name's addresses one after the other instead of racing IPv4 with IPv6.</summary>
    public bool NoHappyEyeballs { get; init; }

    /// <summary>Most idle connections that are kept; zero keeps 2 as the original's library does, less keeps none.</summary>
    public int KeepAliveConnections { get; init; } = 100;

    /// <summary>How long an idle connection is kept; zero or less keeps it until the origin closes it.</summary>
    public TimeSpan KeepAliveTimeout { get; init; } = TimeSpan.FromSeconds(90);

    /// <summary>Host for the origin instead of the visitor's, which moves to <c>X-Forwarded-Host</c>; not for unix
    /// sockets.</summary>
    public string HttpHostHeader { get; init; } = "";

    /// <summary>Name that the origin's certificate is asked and verified for, instead of the service's host.</summary>
    public string OriginServerName { get; init; } = "";

    /// <summary>Asks and verifies for the request's host, without its port; not for unix sockets.</summary>
    public bool MatchSniToHost { get; init; }

    /// <summary>PEM file of certificates that are trusted besides the system's and the built-in ones.</summary>
    public string CaPool { get; init; } = "";

    /// <summary>Accepts any certificate.</summary>
    public bool NoTlsVerify { get; init; }

    /// <summary>Never sends <c>Transfer-Encoding</c>; a body of unknown length is measured first.</summary>
    public bool DisableChunkedEncoding { get; init; }

    /// <summary>Turns a URL service into a bastion; acted on when rules are read.</summary>
    public bool BastionMode { get; init; }

    /// <summary>Stored and reported only, as in the original.</summary>
    public string ProxyAddress { get; init; } = "127.0.0.1";

    /// <summary>Stored and reported only, as in the original.</summary>
    public int ProxyPort { get; init; }

    /// <summary><c>socks</c> answers a SOCKS5 handshake in front of a stream service; any other text means nothing.</summary>
    public string ProxyType { get; init; } = "";

    /// <summary>What the <c>socks-proxy</c> service may reach, in order; nothing when empty.</summary>
    public IReadOnlyList<IPRule> IPRules { get; init; } = [];

    /// <summary>Offers HTTP/2 to an https origin.</summary>
    public bool Http2Origin { get; init; }

    /// <summary>The clock of all timeouts.</summary>
    internal TimeProvider Time { get; init; } = TimeProvider.System;
}
