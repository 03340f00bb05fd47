using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using Culvert.Edge.Visitors;

namespace Culvert.Edge.AccessLogs;

/// <summary>A line as a JSON object.</summary>
internal sealed class JsonLine : ILineFormat
{
    private static readonly JsonEncodedText Time = JsonEncodedText.Encode("time");
    private static readonly JsonEncodedText Ip = JsonEncodedText.Encode("ip");
    private static readonly JsonEncodedText Host = JsonEncodedText.Encode("host");
    private static readonly JsonEncodedText Method = JsonEncodedText.Encode("method");
    private static readonly JsonEncodedText Path = JsonEncodedText.Encode("path");
    private static readonly JsonEncodedText Status = JsonEncodedText.Encode("status");
    private static readonly JsonEncodedText Received = JsonEncodedText.Encode("received");
    private static readonly JsonEncodedText Sent = JsonEncodedText.Encode("sent");
    private static readonly JsonEncodedText Duration = JsonEncodedText.Encode("duration");
    private static readonly JsonEncodedText Tunnel = JsonEncodedText.Encode("tunnelID");
    private static readonly JsonEncodedText Connection = JsonEncodedText.Encode("connection");
    private static readonly JsonEncodedText Ray = JsonEncodedText.Encode("cfRay");
    private static readonly JsonEncodedText Aborted = JsonEncodedText.Encode("aborted");

    private readonly Utf8JsonWriter _json = new(
        Stream.Null, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true });

    public void Dispose() => _json.Dispose();

    public void Write(in AccessLogEntry entry, IBufferWriter<byte> destination)
    {
        _json.Reset(destination);
        _json.WriteStartObject();
        _json.WriteString(Time, entry.Time.UtcDateTime);
        _json.WriteString(Ip, entry.Address);
        _json.WriteString(Host, ILineFormat.Cut(entry.Host, ILineFormat.MaxWord));
        _json.WriteString(Method, ILineFormat.Cut(entry.Method, ILineFormat.MaxWord));
        _json.WriteString(Path, ILineFormat.Cut(entry.Path, ILineFormat.MaxPath));
        _json.WriteNumber(Status, entry.Status);
        _json.WriteNumber(Received, entry.Received);
        _json.WriteNumber(Sent, entry.Sent);
        _json.WriteNumber(Duration, Math.Round(entry.Duration.TotalSeconds, 6));
        if (entry.Tunnel != Guid.Empty)
        {
            _json.WriteString(Tunnel, entry.Tunnel);
        }

        if (entry.Connection != Guid.Empty)
        {
            _json.WriteString(Connection, entry.Connection);
        }

        _json.WriteString(Ray, entry.Ray.Write(stackalloc byte[RayId.MaxBytes]));
        if (entry.Aborted)
        {
            _json.WriteBoolean(Aborted, value: true);
        }

        _json.WriteEndObject();
        _json.Flush();
        destination.Write("\n"u8);
    }
}
