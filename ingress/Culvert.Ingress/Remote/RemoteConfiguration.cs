using System.Globalization;
using System.Text;
using System.Text.Json;
using Culvert.Ingress.Configuration;
using Culvert.Ingress.Rules;

namespace Culvert.Ingress.Remote;

/// <summary>Reads a configuration that the edge sends (ingress-and-config, section 6.5). Thread-safe.</summary>
public static class RemoteConfiguration
{
    /// <summary>Largest configuration, in bytes.</summary>
    public const int MaxBytes = 16 * 1024 * 1024;

    private static readonly JsonDocumentOptions Options = new() { MaxDepth = 64 };

    /// <summary>Reads the configuration; its rules are checked by <see cref="IngressConfiguration.ToSnapshot"/>.</summary>
    /// <exception cref="IngressException">
    /// Not JSON, too large, or a value of the wrong kind; the text is the original's where it has one.
    /// </exception>
    public static IngressConfiguration Parse(ReadOnlyMemory<byte> json) => Parse(json, ConfigurationObject.Remote);

    /// <summary>Reads what <c>ingress validate --json</c> is given: rules and their settings only.</summary>
    /// <exception cref="IngressException">Not JSON, too large, or a value of the wrong kind.</exception>
    public static IngressConfiguration ParseCommandLine(string json)
    {
        ArgumentNullException.ThrowIfNull(json);
        return Parse(Encoding.UTF8.GetBytes(json), ConfigurationObject.CommandLine);
    }

    private static IngressConfiguration Parse(ReadOnlyMemory<byte> json, ConfigurationObject type)
    {
        if (json.Length > MaxBytes)
        {
            throw new IngressException($"the configuration is larger than {MaxBytes} bytes");
        }

        using var document = ParseDocument(json);
        var configuration = new IngressConfiguration();
        foreach (var (key, value) in new JsonConfigurationValue(document.RootElement, "", "").AsObject(type) ?? [])
        {
            configuration = key switch
            {
                "ingress" => configuration with { Rules = ConfigurationReader.ReadRules(value) },
                "originRequest" => configuration with
                {
                    OriginRequest = ConfigurationReader.ReadOriginRequest(value, configuration.OriginRequest),
                },
                _ => configuration with { WarpRouting = ConfigurationReader.ReadWarpRouting(value) },
            };
        }

        return configuration;
    }

    private static JsonDocument ParseDocument(ReadOnlyMemory<byte> json)
    {
        try
        {
            return JsonDocument.Parse(json, Options);
        }
        catch (JsonException e)
        {
            throw new IngressException(Describe(json.Span, e), e);
        }
    }

    private static string Describe(ReadOnlySpan<byte> json, JsonException e)
    {
        var line = (int)(e.LineNumber ?? 0);
        var column = (int)(e.BytePositionInLine ?? 0);
        var start = 0;
        for (var i = 0; i < line; i++)
        {
            start += json[start..].IndexOf((byte)'\n') + 1;
        }

        var rest = json[Math.Min(json.Length, start + column)..].TrimStart(" \t\r\n"u8);
        if (rest.IsEmpty)
        {
            return "unexpected end of JSON input";
        }

        var character = rest[0] < 0x80 ? $"'{(char)rest[0]}'" : "beyond ASCII";
        var before = json[..^rest.Length];
        var context = before.Trim(" \t\r\n"u8).IsEmpty ? "looking for beginning of value"
            : IsAfterValue(before) ? "after top-level value"
            : string.Create(CultureInfo.InvariantCulture, $"at line {line + 1}, column {column + 1}");
        return $"invalid character {character} {context}";
    }

    private static bool IsAfterValue(ReadOnlySpan<byte> json)
    {
        try
        {
            var reader = new Utf8JsonReader(json);
            return reader.Read() && reader.TrySkip() && !reader.Read();
        }
        catch (JsonException)
        {
            return false;
        }
    }
}
