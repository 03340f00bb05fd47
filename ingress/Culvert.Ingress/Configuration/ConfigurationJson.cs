using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using Culvert.Ingress.Snapshots;

namespace Culvert.Ingress.Configuration;

/// <summary>The configuration in force as JSON (ingress-and-config, sections 6.8 and 6.9). Thread-safe.</summary>
public static class ConfigurationJson
{
    private static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>What a connector tells the edge about its own configuration.</summary>
    /// <param name="snapshot">The rules in force.</param>
    /// <param name="warp">The private network settings in force.</param>
    /// <param name="flags">Flags that are set, by name; left out when there are none.</param>
    public static ReadOnlyMemory<byte> WriteLocal(
        IngressSnapshot snapshot, WarpRouting warp, IReadOnlyDictionary<string, string>? flags = null)
    {
        ArgumentNullException.ThrowIfNull(snapshot);
        ArgumentNullException.ThrowIfNull(warp);
        return Write(json =>
        {
            json.WriteStartObject();
            if (flags is { Count: > 0 })
            {
                json.WriteStartObject("__configuration_flags");
                foreach (var (name, value) in flags.OrderBy(flag => flag.Key, StringComparer.Ordinal))
                {
                    json.WriteString(name, value);
                }

                json.WriteEndObject();
            }

            json.WriteStartArray("ingress");
            foreach (var rule in snapshot.Rules)
            {
                WriteLocal(json, rule);
            }

            json.WriteEndArray();
            json.WritePropertyName("warp-routing");
            SettingsJson.WriteChanged(json, warp);
            json.WriteEndObject();
        });
    }

    /// <summary>What <c>/config</c> of the metrics server shows.</summary>
    /// <param name="version">Version of the configuration; -1 before the edge sent one.</param>
    /// <param name="snapshot">The rules in force.</param>
    /// <param name="warp">The private network settings in force.</param>
    public static ReadOnlyMemory<byte> WriteEndpoint(int version, IngressSnapshot snapshot, WarpRouting warp)
    {
        ArgumentNullException.ThrowIfNull(snapshot);
        ArgumentNullException.ThrowIfNull(warp);
        return Write(json =>
        {
            json.WriteStartObject();
            json.WriteNumber("version", version);
            json.WriteStartObject("config");
            json.WriteStartArray("ingress");
            foreach (var rule in snapshot.Rules)
            {
                WriteResolved(json, rule);
            }

            json.WriteEndArray();
            json.WritePropertyName("warp-routing");
            SettingsJson.WriteChanged(json, warp);
            json.WritePropertyName("originRequest");
            SettingsJson.WriteAll(json, snapshot.Defaults);
            json.WriteEndObject();
            json.WriteEndObject();
        });
    }

    private static void WriteLocal(Utf8JsonWriter json, IngressRule rule)
    {
        json.WriteStartObject();
        if (rule.Hostname.Length > 0)
        {
            json.WriteString("hostname", rule.Hostname);
        }

        if (rule.Path is { } path)
        {
            json.WriteString("path", path.Text);
        }

        json.WriteString("service", rule.Service.ToString());
        json.WritePropertyName("originRequest");
        SettingsJson.WriteChanged(json, rule.OriginRequest);
        json.WriteEndObject();
    }

    internal static void WriteResolved(Utf8JsonWriter json, IngressRule rule)
    {
        json.WriteStartObject();
        json.WriteString("hostname", rule.Hostname);
        json.WriteString("path", rule.Path?.Text);
        json.WriteString("service", rule.Service.ToString());
        json.WritePropertyName("Handlers");
        json.WriteRawValue(rule.RequiresAccess ? "[{}]" : "null");
        json.WritePropertyName("originRequest");
        SettingsJson.WriteAll(json, rule.OriginRequest);
        json.WriteEndObject();
    }

    private static ReadOnlyMemory<byte> Write(Action<Utf8JsonWriter> body)
    {
        var buffer = new ArrayBufferWriter<byte>(1024);
        using (var json = new Utf8JsonWriter(buffer, Options))
        {
            body(json);
        }

        return EscapeForHtml(buffer.WrittenSpan);
    }

    // These three occur in strings only. The platform's encoder that escapes them escapes more than the original does.
    private static byte[] EscapeForHtml(ReadOnlySpan<byte> json)
    {
        var escaped = new ArrayBufferWriter<byte>(json.Length + 64);
        for (var next = json.IndexOfAny("<>&"u8); next >= 0; next = json.IndexOfAny("<>&"u8))
        {
            escaped.Write(json[..next]);
            escaped.Write(json[next] switch { (byte)'<' => "\\u003c"u8, (byte)'>' => "\\u003e"u8, _ => "\\u0026"u8 });
            json = json[(next + 1)..];
        }

        escaped.Write(json);
        return escaped.WrittenSpan.ToArray();
    }
}
