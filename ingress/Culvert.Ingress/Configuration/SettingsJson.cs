using System.Globalization;
using System.Text.Json;
using Culvert.Ingress.IpAccess;
using Culvert.Ingress.OriginRequests;

namespace Culvert.Ingress.Configuration;

/// <summary>Writes settings as JSON in the two shapes of the original (ingress-and-config, section 3.5).</summary>
internal static class SettingsJson
{
    /// <summary>Only what differs from the built-in defaults: what the edge is told.</summary>
    public static void WriteChanged(Utf8JsonWriter json, OriginRequest settings)
    {
        var defaults = OriginRequest.Default;
        json.WriteStartObject();
        WriteChanged(json, "connectTimeout", settings.ConnectTimeout, defaults.ConnectTimeout);
        WriteChanged(json, "tlsTimeout", settings.TlsTimeout, defaults.TlsTimeout);
        WriteChanged(json, "tcpKeepAlive", settings.TcpKeepAlive, defaults.TcpKeepAlive);
        WriteSet(json, "noHappyEyeballs", settings.NoHappyEyeballs);
        if (settings.KeepAliveConnections != defaults.KeepAliveConnections)
        {
            json.WriteNumber("keepAliveConnections", settings.KeepAliveConnections);
        }

        WriteChanged(json, "keepAliveTimeout", settings.KeepAliveTimeout, defaults.KeepAliveTimeout);
        WriteChanged(json, "httpHostHeader", settings.HttpHostHeader, "");
        WriteChanged(json, "originServerName", settings.OriginServerName, "");
        WriteSet(json, "matchSNItoHost", settings.MatchSniToHost);
        WriteChanged(json, "caPool", settings.CaPool, "");
        WriteSet(json, "noTLSVerify", settings.NoTlsVerify);
        WriteSet(json, "disableChunkedEncoding", settings.DisableChunkedEncoding);
        WriteSet(json, "bastionMode", settings.BastionMode);
        WriteChanged(json, "proxyAddress", settings.ProxyAddress, defaults.ProxyAddress);
        if (settings.ProxyPort != 0)
        {
            json.WriteNumber("proxyPort", settings.ProxyPort);
        }

        WriteChanged(json, "proxyType", settings.ProxyType, "");
        if (settings.IpRules.Count > 0)
        {
            WriteIpRules(json, settings.IpRules);
        }

        WriteSet(json, "http2Origin", settings.Http2Origin);
        if (settings.Access.Required)
        {
            WriteAccess(json, settings.Access);
        }

        json.WriteEndObject();
    }

    /// <summary>
    /// Every setting: what the configuration endpoint shows. IP rules are shown by their number alone, as the original does.
    /// </summary>
    public static void WriteAll(Utf8JsonWriter json, OriginRequest settings)
    {
        json.WriteStartObject();
        WriteDuration(json, "connectTimeout", settings.ConnectTimeout);
        WriteDuration(json, "tlsTimeout", settings.TlsTimeout);
        WriteDuration(json, "tcpKeepAlive", settings.TcpKeepAlive);
        json.WriteBoolean("noHappyEyeballs", settings.NoHappyEyeballs);
        WriteDuration(json, "keepAliveTimeout", settings.KeepAliveTimeout);
        json.WriteNumber("keepAliveConnections", settings.KeepAliveConnections);
        json.WriteString("httpHostHeader", settings.HttpHostHeader);
        json.WriteString("originServerName", settings.OriginServerName);
        json.WriteBoolean("matchSNItoHost", settings.MatchSniToHost);
        json.WriteString("caPool", settings.CaPool);
        json.WriteBoolean("noTLSVerify", settings.NoTlsVerify);
        json.WriteBoolean("disableChunkedEncoding", settings.DisableChunkedEncoding);
        json.WriteBoolean("bastionMode", settings.BastionMode);
        json.WriteString("proxyAddress", settings.ProxyAddress);
        json.WriteNumber("proxyPort", settings.ProxyPort);
        json.WriteString("proxyType", settings.ProxyType);
        json.WritePropertyName("ipRules");
        if (settings.IpRules.Count == 0)
        {
            json.WriteNullValue();
        }
        else
        {
            json.WriteRawValue($"[{string.Join(',', settings.IpRules.Select(_ => "{}"))}]");
        }

        json.WriteBoolean("http2Origin", settings.Http2Origin);
        WriteAccess(json, settings.Access);
        json.WriteEndObject();
    }

    /// <summary>Only what differs from the built-in defaults.</summary>
    public static void WriteChanged(Utf8JsonWriter json, WarpRouting warp)
    {
        json.WriteStartObject();
        WriteChanged(json, "connectTimeout", warp.ConnectTimeout, WarpRouting.Default.ConnectTimeout);
        if (warp.MaxActiveFlows != 0)
        {
            json.WriteNumber("maxActiveFlows", warp.MaxActiveFlows);
        }

        WriteChanged(json, "tcpKeepAlive", warp.TcpKeepAlive, WarpRouting.Default.TcpKeepAlive);
        json.WriteEndObject();
    }

    private static void WriteIpRules(Utf8JsonWriter json, IReadOnlyList<IpRuleText> rules)
    {
        json.WriteStartArray("ipRules");
        foreach (var text in rules)
        {
            var (prefix, ports, allow) = Shown(text);
            json.WriteStartObject();
            json.WriteString("prefix", prefix);
            if (ports is null)
            {
                json.WriteNull("ports");
            }
            else
            {
                json.WriteStartArray("ports");
                foreach (var port in ports)
                {
                    json.WriteNumberValue(port);
                }

                json.WriteEndArray();
            }

            json.WriteBoolean("allow", allow);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    // A rule that is not valid is kept as an empty one where no SOCKS proxy needs it.
    private static (string Prefix, IReadOnlyList<int>? Ports, bool Allow) Shown(IpRuleText text)
    {
        try
        {
            var rule = IpRule.Parse(text);
            return (rule.Network.ToString(), rule.Ports.Count == 0 ? null : rule.Ports, rule.Allow);
        }
        catch (Rules.IngressException)
        {
            return ("<nil>", null, false);
        }
    }

    private static void WriteAccess(Utf8JsonWriter json, AccessSettings access)
    {
        json.WriteStartObject("access");
        WriteSet(json, "required", access.Required);
        json.WriteString("teamName", access.TeamName);
        if (access.AudienceTags is null)
        {
            json.WriteNull("audTag");
        }
        else
        {
            json.WriteStartArray("audTag");
            foreach (var tag in access.AudienceTags)
            {
                json.WriteStringValue(tag);
            }

            json.WriteEndArray();
        }

        WriteChanged(json, "environment", access.Environment, "");
        json.WriteEndObject();
    }

    private static void WriteChanged(Utf8JsonWriter json, string key, TimeSpan value, TimeSpan unless)
    {
        if (value != unless)
        {
            WriteDuration(json, key, value);
        }
    }

    private static void WriteChanged(Utf8JsonWriter json, string key, string value, string unless)
    {
        if (value != unless)
        {
            json.WriteString(key, value);
        }
    }

    private static void WriteSet(Utf8JsonWriter json, string key, bool value)
    {
        if (value)
        {
            json.WriteBoolean(key, value);
        }
    }

    // Seconds in the shortest form, with an exponent below a millionth.
    private static void WriteDuration(Utf8JsonWriter json, string key, TimeSpan value)
    {
        json.WritePropertyName(key);
        json.WriteRawValue(Math.Abs(value.Ticks) is > 0 and < 10
            ? string.Create(CultureInfo.InvariantCulture, $"{value.Ticks}e-7")
            : (value.Ticks / (decimal)TimeSpan.TicksPerSecond).ToString("0.#######", CultureInfo.InvariantCulture));
    }
}
