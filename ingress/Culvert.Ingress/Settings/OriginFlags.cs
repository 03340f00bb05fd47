using System.Globalization;
using Culvert.Ingress.OriginRequests;
using Culvert.Ingress.Rules;
using Culvert.Ingress.Services;
using Culvert.Ingress.Snapshots;
using Culvert.Ingress.Values;

namespace Culvert.Ingress.Settings;

/// <summary>The one rule that flags make when there are no others (ingress-and-config, sections 1.7 and 3.4).</summary>
public static class OriginFlags
{
    /// <summary>What the original warns of when neither the file nor flags have rules.</summary>
    public const string NoRules =
        "No ingress rules were defined in provided config (if any) nor from the cli, cloudflared will return 503 for all " +
        "incoming HTTP requests";

    /// <summary>The settings that the rule is made of.</summary>
    public static IReadOnlySet<string> Names { get; } = new HashSet<string>(StringComparer.Ordinal)
    {
        "url", "hello-world", "unix-socket", "bastion", "socks5", "proxy-connect-timeout", "proxy-tls-timeout",
        "proxy-tcp-keepalive", "proxy-no-happy-eyeballs", "proxy-keepalive-connections", "proxy-keepalive-timeout",
        "proxy-address", "proxy-port", "http-host-header", "origin-server-name", "origin-ca-pool", "no-tls-verify",
        "no-chunked-encoding", "http2-origin",
    };

    /// <summary>The table that flags ask for; without an origin among them it answers 503.</summary>
    /// <param name="settings">The merged settings.</param>
    /// <param name="hasArgument">
    /// Whether the command line has a positional argument, which a unix socket does not go with.
    /// </param>
    /// <exception cref="IngressException">The origin is not valid.</exception>
    public static IngressSnapshot ToSnapshot(IReadOnlyDictionary<string, SettingValue> settings, bool hasArgument)
    {
        ArgumentNullException.ThrowIfNull(settings);
        var originRequest = OriginRequest(settings).Over(OriginRequests.OriginRequest.Default);
        return Service(settings, hasArgument) is { } service
            ? IngressSnapshot.CatchAll(service, originRequest) : IngressSnapshot.WithoutRules(originRequest);
    }

    /// <summary>What the flags set for the origin. A flag that was not given sets nothing.</summary>
    public static OriginRequestOverrides OriginRequest(IReadOnlyDictionary<string, SettingValue> settings)
    {
        ArgumentNullException.ThrowIfNull(settings);
        return new OriginRequestOverrides
        {
            ConnectTimeout = Duration(settings["proxy-connect-timeout"]),
            TlsTimeout = Duration(settings["proxy-tls-timeout"]),
            TcpKeepAlive = Duration(settings["proxy-tcp-keepalive"]),
            NoHappyEyeballs = Boolean(settings["proxy-no-happy-eyeballs"]),
            KeepAliveConnections = (int?)Integer(settings["proxy-keepalive-connections"], int.MinValue, int.MaxValue),
            KeepAliveTimeout = Duration(settings["proxy-keepalive-timeout"]),
            HttpHostHeader = Text(settings["http-host-header"]),
            OriginServerName = Text(settings["origin-server-name"]),
            CaPool = Text(settings["origin-ca-pool"]),
            NoTlsVerify = Boolean(settings["no-tls-verify"]),
            DisableChunkedEncoding = Boolean(settings["no-chunked-encoding"]),
            BastionMode = Boolean(settings["bastion"]),
            ProxyAddress = Text(settings["proxy-address"]),
            ProxyPort = (uint?)Integer(settings["proxy-port"], 0, uint.MaxValue),
            ProxyType = settings["socks5"].IsSet ? "socks" : null,
            Http2Origin = Boolean(settings["http2-origin"]),
        };
    }

    // For the first two it only matters that they are given: the original does not look at their value.
    private static OriginService? Service(IReadOnlyDictionary<string, SettingValue> settings, bool hasArgument)
    {
        if (settings["hello-world"].IsSet)
        {
            return new OriginService.HelloWorld();
        }

        if (settings["bastion"].IsSet)
        {
            return new OriginService.Bastion();
        }

        if (Text(settings["url"]) is { } url)
        {
            return Url(url, settings["url"].Origin);
        }

        return Text(settings["unix-socket"]) is not { } path ? null
            : !hasArgument ? new OriginService.UnixSocket(path, Tls: false)
            : throw new IngressException("Error validating --unix-socket: --unix-socket must be used exclusively.");
    }

    private static OriginService Url(string text, string origin)
    {
        try
        {
            return OriginUrl.Parse(text);
        }
        catch (IngressException e)
        {
            throw new IngressException($"{e.Message} ({origin})", e);
        }
    }

    private static string? Text(SettingValue value) => value.IsSet ? value.Values[0] : null;

    private static bool? Boolean(SettingValue value) => value.IsSet ? GoText.ParseBoolean(value.Values[0]) : null;

    private static TimeSpan? Duration(SettingValue value) =>
        value.IsSet && GoDuration.TryParse(value.Values[0], out var duration) ? duration : null;

    private static long? Integer(SettingValue value, long least, long most)
    {
        if (!value.IsSet)
        {
            return null;
        }

        var number = decimal.Parse(value.Values[0], CultureInfo.InvariantCulture);
        return number >= least && number <= most ? (long)number
            : throw new IngressException($"invalid value {number} for {value.Origin}: it has to be between {least} and {most}");
    }
}
