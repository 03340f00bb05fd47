namespace Culvert.Ingress.Configuration;

/// <summary>The keys of one kind of object, and what the original calls the kind in its messages.</summary>
internal sealed record ConfigurationObject(string TypeName, params string[] Keys)
{
    public static ConfigurationObject Rule { get; } =
        new("config.UnvalidatedIngressRule", "hostname", "path", "service", "originRequest");

    public static ConfigurationObject OriginRequest { get; } = new(
        "config.OriginRequestConfig", "connectTimeout", "tlsTimeout", "tcpKeepAlive", "noHappyEyeballs", "keepAliveConnections",
        "keepAliveTimeout", "httpHostHeader", "originServerName", "matchSNItoHost", "caPool", "noTLSVerify",
        "disableChunkedEncoding",
        "bastionMode", "proxyAddress", "proxyPort", "proxyType", "ipRules", "http2Origin", "access");

    public static ConfigurationObject Access { get; } = new(
        "config.AccessConfig", "required", "teamName", "audTag", "environment");

    public static ConfigurationObject IpRule { get; } = new("config.IngressIPRule", "prefix", "ports", "allow");

    public static ConfigurationObject WarpRouting { get; } =
        new("config.WarpRoutingConfig", "connectTimeout", "maxActiveFlows", "tcpKeepAlive");

    public static ConfigurationObject File { get; } =
        new("config.Configuration", "tunnel", "ingress", "originRequest", "warp-routing");

    public static ConfigurationObject Remote { get; } =
        new("ingress.RemoteConfigJSON", "ingress", "originRequest", "warp-routing");

    /// <summary>What <c>ingress validate --json</c> reads.</summary>
    public static ConfigurationObject CommandLine { get; } = new("config.Configuration", "ingress", "originRequest");

    /// <summary>The type's name without its package.</summary>
    public string ShortName => TypeName[(TypeName.IndexOf('.', StringComparison.Ordinal) + 1)..];
}
