using Culvert.Ingress.IpAccess;

namespace Culvert.Ingress.OriginRequests;

/// <summary>
/// The settings that one place sets: a rule, the configuration, or flags. Null is "not set", which is not the same as zero.
/// The members mean what they mean in <see cref="OriginRequest"/>. Immutable.
/// </summary>
public sealed record OriginRequestOverrides
{
    /// <summary>Nothing is set.</summary>
    public static OriginRequestOverrides None { get; } = new();

    /// <inheritdoc cref="OriginRequest.ConnectTimeout"/>
    public TimeSpan? ConnectTimeout { get; init; }

    /// <inheritdoc cref="OriginRequest.TlsTimeout"/>
    public TimeSpan? TlsTimeout { get; init; }

    /// <inheritdoc cref="OriginRequest.TcpKeepAlive"/>
    public TimeSpan? TcpKeepAlive { get; init; }

    /// <inheritdoc cref="OriginRequest.NoHappyEyeballs"/>
    public bool? NoHappyEyeballs { get; init; }

    /// <inheritdoc cref="OriginRequest.KeepAliveConnections"/>
    public int? KeepAliveConnections { get; init; }

    /// <inheritdoc cref="OriginRequest.KeepAliveTimeout"/>
    public TimeSpan? KeepAliveTimeout { get; init; }

    /// <inheritdoc cref="OriginRequest.HttpHostHeader"/>
    public string? HttpHostHeader { get; init; }

    /// <inheritdoc cref="OriginRequest.OriginServerName"/>
    public string? OriginServerName { get; init; }

    /// <inheritdoc cref="OriginRequest.MatchSniToHost"/>
    public bool? MatchSniToHost { get; init; }

    /// <inheritdoc cref="OriginRequest.CaPool"/>
    public string? CaPool { get; init; }

    /// <inheritdoc cref="OriginRequest.NoTlsVerify"/>
    public bool? NoTlsVerify { get; init; }

    /// <inheritdoc cref="OriginRequest.DisableChunkedEncoding"/>
    public bool? DisableChunkedEncoding { get; init; }

    /// <inheritdoc cref="OriginRequest.BastionMode"/>
    public bool? BastionMode { get; init; }

    /// <inheritdoc cref="OriginRequest.ProxyAddress"/>
    public string? ProxyAddress { get; init; }

    /// <inheritdoc cref="OriginRequest.ProxyPort"/>
    public uint? ProxyPort { get; init; }

    /// <inheritdoc cref="OriginRequest.ProxyType"/>
    public string? ProxyType { get; init; }

    /// <summary>IP rules as they were written; an empty list counts as not set.</summary>
    public IReadOnlyList<IpRuleText>? IpRules { get; init; }

    /// <inheritdoc cref="OriginRequest.Http2Origin"/>
    public bool? Http2Origin { get; init; }

    /// <summary>Taken whole, never merged member by member.</summary>
    public AccessSettings? Access { get; init; }

    /// <summary>What holds when this is set on top of <paramref name="inherited"/>.</summary>
    public OriginRequest Over(OriginRequest inherited)
    {
        ArgumentNullException.ThrowIfNull(inherited);
        return ReferenceEquals(this, None) ? inherited : new OriginRequest
        {
            ConnectTimeout = ConnectTimeout ?? inherited.ConnectTimeout,
            TlsTimeout = TlsTimeout ?? inherited.TlsTimeout,
            TcpKeepAlive = TcpKeepAlive ?? inherited.TcpKeepAlive,
            NoHappyEyeballs = NoHappyEyeballs ?? inherited.NoHappyEyeballs,
            KeepAliveConnections = KeepAliveConnections ?? inherited.KeepAliveConnections,
            KeepAliveTimeout = KeepAliveTimeout ?? inherited.KeepAliveTimeout,
            HttpHostHeader = HttpHostHeader ?? inherited.HttpHostHeader,
            OriginServerName = OriginServerName ?? inherited.OriginServerName,
            MatchSniToHost = MatchSniToHost ?? inherited.MatchSniToHost,
            CaPool = CaPool ?? inherited.CaPool,
            NoTlsVerify = NoTlsVerify ?? inherited.NoTlsVerify,
            DisableChunkedEncoding = DisableChunkedEncoding ?? inherited.DisableChunkedEncoding,
            BastionMode = BastionMode ?? inherited.BastionMode,
            ProxyAddress = ProxyAddress ?? inherited.ProxyAddress,
            ProxyPort = ProxyPort ?? inherited.ProxyPort,
            ProxyType = ProxyType ?? inherited.ProxyType,
            IpRules = IpRules is { Count: > 0 } rules ? rules : inherited.IpRules,
            Http2Origin = Http2Origin ?? inherited.Http2Origin,
            Access = Access ?? inherited.Access,
        };
    }
}
