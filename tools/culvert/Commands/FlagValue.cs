using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using System.Net;
using Culvert.Ingress.Values;

namespace Culvert.CommandLine.Commands;

/// <summary>Parsers for flag values that report what was wrong with which flag.</summary>
internal static class FlagValue
{
    /// <summary><c>HOST:PORT</c> or a bare port on loopback; a host is an IP address, <c>localhost</c> or <c>*</c>.</summary>
    public static IPEndPoint? ListenAddress(ArgumentResult result)
    {
        var text = result.Tokens[^1].Value;
        var colon = text.LastIndexOf(':');
        var host = colon < 0 ? "" : text[..colon].Trim('[', ']');
        IPAddress? address = host switch
        {
            "" or "localhost" => IPAddress.Loopback,
            "*" => IPAddress.Any,
            _ => IpText.TryParseAddress(host, out var parsed) ? parsed : null,
        };
        if (address is not null
            && ushort.TryParse(text.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var port))
        {
            return new IPEndPoint(address, port);
        }

        result.AddError($"{Flag(result)}: '{text}' is not ADDRESS:PORT such as 127.0.0.1:8080.");
        return null;
    }

    /// <summary>A duration such as <c>30s</c> or <c>1m30s</c>.</summary>
    public static TimeSpan Duration(ArgumentResult result)
    {
        var text = result.Tokens[^1].Value;
        if (GoDuration.TryParse(text, out var duration) && duration >= TimeSpan.Zero)
        {
            return duration;
        }

        result.AddError($"{Flag(result)}: '{text}' is not a duration such as 30s or 1m30s.");
        return TimeSpan.Zero;
    }

    /// <summary>What a flag says, else what a running connector was told, else the default.</summary>
    public static string? OrRunning<T>(ParseResult parsed, Option<T> option, IReadOnlyDictionary<string, string> running)
        where T : class? =>
        parsed.GetResult(option) is { Implicit: false } ? parsed.GetValue(option) as string
            : running.GetValueOrDefault(option.Name.TrimStart('-')) ?? parsed.GetValue(option) as string;

    private static string Flag(ArgumentResult result) => result.Parent is OptionResult option ? option.Option.Name : "argument";
}
