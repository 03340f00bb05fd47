using System.Globalization;
using System.Text.Json;
using Culvert.Engine.Proxying;

namespace Culvert.Connector.Logging;

/// <summary>Values of log fields in JSON: numbers, truth values and objects as such, everything else as text.</summary>
public static class LogValueJson
{
    /// <summary>Writes a value.</summary>
    public static void Write(Utf8JsonWriter json, object? value)
    {
        ArgumentNullException.ThrowIfNull(json);
        switch (value)
        {
            case null:
                json.WriteNullValue();
                break;
            case bool flag:
                json.WriteBooleanValue(flag);
                break;
            case byte or sbyte or short or ushort or int or uint or long:
                json.WriteNumberValue(Convert.ToInt64(value, CultureInfo.InvariantCulture));
                break;
            case ulong number:
                json.WriteNumberValue(number);
                break;
            case double number when double.IsFinite(number):
                json.WriteNumberValue(number);
                break;
            case LoggedJson already:
                json.WriteRawValue(already.Text, skipInputValidation: true);
                break;
            default:
                json.WriteStringValue(LogRecord.Text(value));
                break;
        }
    }
}
