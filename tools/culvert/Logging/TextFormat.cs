using System.Buffers;
using System.Globalization;
using System.Text;
using Culvert.Connector.Logging;
using Culvert.Engine.Proxying;
using Microsoft.Extensions.Logging;

namespace Culvert.CommandLine.Logging;

/// <summary>
/// The original's text lines (supervisor-and-operations, section 8.1): UTC time, level, message, then <c>error</c> and the other
/// fields by name as <c>key=value</c>.
/// </summary>
/// <param name="colour">Whether levels and names are coloured, for a terminal.</param>
internal sealed class TextFormat(bool colour) : ILineFormat
{
    private const string Reset = "\u001b[0m";
    private const string Grey = "\u001b[90m";
    private const string Cyan = "\u001b[36m";
    private const string Red = "\u001b[31m";

    /// <inheritdoc/>
    public void Write(LogRecord record, IBufferWriter<byte> output)
    {
        var line = new StringBuilder(160);
        Coloured(line, Grey, record.Time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture))
            .Append(' ');
        Coloured(line, ColourOf(record.Level), NameOf(record.Level)).Append(' ');
        AppendEscaped(line, record.Message);
        foreach (var (name, value) in record.Fields.OrderBy(field => field.Key != LogRecord.ErrorField)
            .ThenBy(field => field.Key, StringComparer.Ordinal))
        {
            Coloured(line.Append(' '), name == LogRecord.ErrorField ? Red : Cyan, name + "=");
            if (value is LoggedJson json)
            {
                AppendEscaped(line, json.Text);
            }
            else
            {
                AppendValue(line, LogRecord.Text(value));
            }
        }

        line.Append('\n');
        foreach (var chunk in line.GetChunks())
        {
            Encoding.UTF8.GetBytes(chunk.Span, output);
        }
    }

    private static string NameOf(LogLevel level) => level switch
    {
        LogLevel.Trace => "TRC",
        LogLevel.Debug => "DBG",
        LogLevel.Information => "INF",
        LogLevel.Warning => "WRN",
        LogLevel.Error => "ERR",
        _ => "FTL",
    };

    private static string ColourOf(LogLevel level) => level switch
    {
        LogLevel.Trace => "\u001b[34m",
        LogLevel.Debug => "\u001b[33m",
        LogLevel.Information => "\u001b[32m",
        _ => Red,
    };

    private StringBuilder Coloured(StringBuilder line, string code, string text) =>
        colour ? line.Append(code).Append(text).Append(Reset) : line.Append(text);

    private static void AppendValue(StringBuilder line, string value)
    {
        if (value.Length > 0 && !value.AsSpan().ContainsAnyExceptInRange('!', '~') && value.AsSpan().IndexOfAny('"', '\\') < 0)
        {
            line.Append(value);
            return;
        }

        line.Append('"');
        AppendEscaped(
            line, value.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal));
        line.Append('"');
    }

    // One event is one line: what peers and users send may hold line breaks and escape sequences, in fields and in messages.
    private static void AppendEscaped(StringBuilder line, string text)
    {
        foreach (var character in text)
        {
            _ = character == '\n' ? line.Append("\\n")
                : char.IsControl(character)
                    ? line.Append(CultureInfo.InvariantCulture, $"\\u{(int)character:x4}") : line.Append(character);
        }
    }
}
