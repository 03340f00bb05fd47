using Culvert.Ingress.IpAccess;
using Culvert.Ingress.OriginRequests;
using Culvert.Ingress.Rules;
using Culvert.Ingress.Snapshots;

namespace Culvert.Ingress.Configuration;

/// <summary>
/// Reads the model from YAML or JSON values; both formats have the same keys (ingress-and-config, sections 1.1, 3.1, 5.4).
/// </summary>
internal static class ConfigurationReader
{
    public static IReadOnlyList<RuleDefinition> ReadRules(ConfigurationValue value)
    {
        var items = value.AsList("[]config.UnvalidatedIngressRule") ?? [];
        return items.Count <= IngressSnapshot.MaxRules
            ? [.. items.Select(ReadRule)]
            : throw new IngressException(
                $"{items.Count} ingress rules are more than the {IngressSnapshot.MaxRules} that are possible");
    }

    private static RuleDefinition ReadRule(ConfigurationValue value)
    {
        var rule = new RuleDefinition { Place = value.Place };
        foreach (var (key, member) in value.AsObject(ConfigurationObject.Rule) ?? [])
        {
            rule = key switch
            {
                "hostname" => rule with { Hostname = member.AsString() ?? rule.Hostname },
                "path" => rule with { Path = member.AsString() ?? rule.Path },
                "service" => rule with { Service = member.AsString() ?? rule.Service },
                _ => rule with { OriginRequest = ReadOriginRequest(member, rule.OriginRequest) },
            };
        }

        return rule;
    }

    /// <summary>Reads settings on top of <paramref name="read"/>, which an earlier member of the same name had.</summary>
    public static OriginRequestOverrides ReadOriginRequest(ConfigurationValue value, OriginRequestOverrides read)
    {
        foreach (var (key, member) in value.AsObject(ConfigurationObject.OriginRequest) ?? [])
        {
            read = key switch
            {
                "connectTimeout" => read with { ConnectTimeout = member.AsDuration() ?? read.ConnectTimeout },
                "tlsTimeout" => read with { TlsTimeout = member.AsDuration() ?? read.TlsTimeout },
                "tcpKeepAlive" => read with { TcpKeepAlive = member.AsDuration() ?? read.TcpKeepAlive },
                "noHappyEyeballs" => read with { NoHappyEyeballs = member.AsBoolean() ?? read.NoHappyEyeballs },
                "keepAliveConnections" => read with { KeepAliveConnections = member.AsInt32() ?? read.KeepAliveConnections },
                "keepAliveTimeout" => read with { KeepAliveTimeout = member.AsDuration() ?? read.KeepAliveTimeout },
                "httpHostHeader" => read with { HttpHostHeader = member.AsString() ?? read.HttpHostHeader },
                "originServerName" => read with { OriginServerName = member.AsString() ?? read.OriginServerName },
                "matchSNItoHost" => read with { MatchSniToHost = member.AsBoolean() ?? read.MatchSniToHost },
                "caPool" => read with { CaPool = member.AsString() ?? read.CaPool },
                "noTLSVerify" => read with { NoTlsVerify = member.AsBoolean() ?? read.NoTlsVerify },
                "disableChunkedEncoding" => read with
                {
                    DisableChunkedEncoding = member.AsBoolean() ?? read.DisableChunkedEncoding,
                },
                "bastionMode" => read with { BastionMode = member.AsBoolean() ?? read.BastionMode },
                "proxyAddress" => read with { ProxyAddress = member.AsString() ?? read.ProxyAddress },
                "proxyPort" => read with { ProxyPort = (uint?)member.AsInteger("uint", 0, uint.MaxValue) ?? read.ProxyPort },
                "proxyType" => read with { ProxyType = member.AsString() ?? read.ProxyType },
                "ipRules" => read with
                {
                    IpRules = member.AsList("[]config.IngressIPRule")?.Select(ReadIpRule).ToArray() ?? read.IpRules,
                },
                "http2Origin" => read with { Http2Origin = member.AsBoolean() ?? read.Http2Origin },
                _ => read with { Access = ReadAccess(member) ?? read.Access },
            };
        }

        return read;
    }

    private static IpRuleText ReadIpRule(ConfigurationValue value)
    {
        var rule = new IpRuleText(null, [], Allow: false);
        foreach (var (key, member) in value.AsObject(ConfigurationObject.IpRule) ?? [])
        {
            rule = key switch
            {
                "prefix" => rule with { Prefix = member.AsString() ?? rule.Prefix },
                "ports" => rule with
                {
                    Ports = member.AsList("[]int")?.Select(port => port.AsInt32() ?? 0).ToArray() ?? rule.Ports,
                },
                _ => rule with { Allow = member.AsBoolean() ?? rule.Allow },
            };
        }

        return rule;
    }

    private static AccessSettings? ReadAccess(ConfigurationValue value)
    {
        if (value.AsObject(ConfigurationObject.Access) is not { } members)
        {
            return null;
        }

        var access = AccessSettings.None;
        foreach (var (key, member) in members)
        {
            access = key switch
            {
                "required" => access with { Required = member.AsBoolean() ?? access.Required },
                "teamName" => access with { TeamName = member.AsString() ?? access.TeamName },
                "audTag" => access with
                {
                    AudienceTags = member.AsList("[]string")?.Select(tag => tag.AsString() ?? "").ToArray()
                        ?? access.AudienceTags,
                },
                _ => access with { Environment = member.AsString() ?? access.Environment },
            };
        }

        return access;
    }

    public static WarpRouting ReadWarpRouting(ConfigurationValue value)
    {
        var warp = WarpRouting.Default;
        foreach (var (key, member) in value.AsObject(ConfigurationObject.WarpRouting) ?? [])
        {
            warp = key switch
            {
                "connectTimeout" => warp with { ConnectTimeout = member.AsDuration() ?? warp.ConnectTimeout },
                "maxActiveFlows" => warp with
                {
                    MaxActiveFlows = (ulong?)member.AsInteger("uint64", 0, ulong.MaxValue) ?? warp.MaxActiveFlows,
                },
                _ => warp with { TcpKeepAlive = member.AsDuration() ?? warp.TcpKeepAlive },
            };
        }

        return warp;
    }
}
