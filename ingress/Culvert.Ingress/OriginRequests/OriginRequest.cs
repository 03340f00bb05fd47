using Culvert.Ingress.IpAccess;

namespace Culvert.Ingress.OriginRequests;

/// <summary>How a rule's origin is reached: every setting has its value (ingress-and-config, section 3.1). Immutable.</summary>
public sealed record OriginRequest
{
    /// <summary>What holds when neither a rule nor the configuration says otherwise.</summary>
    public static OriginRequest Default { get; } = new()
    {
        ConnectTimeout = TimeSpan.FromSeconds(30),
        TlsTimeout = TimeSpan.FromSeconds(10),
        TcpKeepAlive = TimeSpan.FromSeconds(30),
        KeepAliveConnections = 100,
        KeepAliveTimeout = TimeSpan.FromSeconds(90),
        ProxyAddress = "127.0.0.1",
    };

    /// <summary>Every value zero or empty: the settings of the rule that stands in for missing rules.</summary>
    public static OriginRequest Zero { get; } = new();

    /// <summary>Longest time to resolve the name and connect; zero or less is without limit.</summary>
    public TimeSpan ConnectTimeout { get; init; }

    /// <summary>Longest TLS handshake; zero or less is without limit.</summary>
    public TimeSpan TlsTimeout { get; init; }

    /// <summary>Silence before the first TCP keep-alive probe; zero means 15 s, less sends none.</summary>
    public TimeSpan TcpKeepAlive { get; init; }

    /// <summary>Whether a name's addresses are tried one after the other instead of racing IPv4 with IPv6.</summary>
    public bool NoHappyEyeballs { get; init; }

    /// <summary>Most idle connections that are kept; zero keeps 2 as the original's library does, less keeps none.</summary>
    public int KeepAliveConnections { get; init; }

    /// <summary>How long an idle connection is kept; zero or less keeps it until the origin closes it.</summary>
    public TimeSpan KeepAliveTimeout { get; init; }

    /// <summary>
    /// Host for the origin instead of the visitor's, which moves to <c>X-Forwarded-Host</c>; not for unix sockets.
    /// Empty for none.
    /// </summary>
    public string HttpHostHeader { get; init; } = "";

    /// <summary>Name that the origin's certificate has to have; empty for the service's host.</summary>
    public string OriginServerName { get; init; } = "";

    /// <summary>
    /// Whether the Host header, without its port, is the name that the certificate has to have; not for unix sockets.
    /// </summary>
    public bool MatchSniToHost { get; init; }

    /// <summary>PEM file of certificates to trust besides the system's and the built-in ones; empty for none.</summary>
    public string CaPool { get; init; } = "";

    /// <summary>Whether any certificate is accepted.</summary>
    public bool NoTlsVerify { get; init; }

    /// <summary>Whether request bodies are sent without chunks; one of unknown length is measured first.</summary>
    public bool DisableChunkedEncoding { get; init; }

    /// <summary>Whether a URL service is a bastion.</summary>
    public bool BastionMode { get; init; }

    /// <summary>Told to the edge; no effect.</summary>
    public string ProxyAddress { get; init; } = "";

    /// <summary>Told to the edge; no effect.</summary>
    public uint ProxyPort { get; init; }

    /// <summary><c>socks</c> makes TCP services speak SOCKS5; anything else is the same as empty.</summary>
    public string ProxyType { get; init; } = "";

    /// <summary>IP rules as they were written.</summary>
    public IReadOnlyList<IpRuleText> IpRules { get; init; } = [];

    /// <summary>Whether HTTP/2 is offered to TLS origins.</summary>
    public bool Http2Origin { get; init; }

    /// <summary>Access tokens that requests need.</summary>
    public AccessSettings Access { get; init; } = AccessSettings.None;
}
