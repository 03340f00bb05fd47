using System.Buffers;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Culvert.Transports.Headers;

namespace Culvert.Engine.Proxying;

/// <summary>Request headers as a log may hold them: values that let somebody in are left out.</summary>
internal static class LoggedHeaders
{
    private const string Redacted = "[redacted]";

    // Parts of names: cookies, authorization of every kind, Access assertions, keys and tokens that services made up.
    private static readonly string[] CredentialWords =
    [
        "auth", "cookie", "token", "secret", "password", "passwd", "credential", "assertion", "jwt", "session", "signature",
        "key", "sso", "csrf",
    ];

    // Logs are read by programs and by people, not by browsers.
    private static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>The headers as an object of arrays, sorted by name, as the original prints them.</summary>
    public static LoggedJson Format(HeaderList headers)
    {
        var values = new SortedDictionary<string, List<string>>(StringComparer.Ordinal);
        for (var i = 0; i < headers.Count; i++)
        {
            var field = headers[i];
            var name = field.NameText;
            if (!values.TryGetValue(name, out var list))
            {
                values.Add(name, list = []);
            }

            list.Add(IsCredential(name) ? Redacted : field.ValueText);
        }

        var text = new ArrayBufferWriter<byte>(1024);
        using (var json = new Utf8JsonWriter(text, Options))
        {
            json.WriteStartObject();
            foreach (var (name, list) in values)
            {
                json.WriteStartArray(name);
                list.ForEach(json.WriteStringValue);
                json.WriteEndArray();
            }

            json.WriteEndObject();
        }

        return new LoggedJson(Encoding.UTF8.GetString(text.WrittenSpan));
    }

    /// <summary>Path and query without the query's text, which often holds a token.</summary>
    public static string Target(ReadOnlySpan<byte> target)
    {
        var query = target.IndexOf((byte)'?');
        return Encoding.Latin1.GetString(query < 0 ? target : target[..query]) + (query < 0 ? "" : "?" + Redacted);
    }

    private static bool IsCredential(string name) =>
        Array.Exists(CredentialWords, word => name.Contains(word, StringComparison.OrdinalIgnoreCase));
}
