using System.Text.Json;

namespace Culvert.Connector.Management;

/// <summary>What a client of the log stream asks for (supervisor-and-operations, section 7.2). Immutable.</summary>
internal abstract record LogCommand
{
    private static readonly JsonDocumentOptions Options = new() { MaxDepth = 16 };

    /// <summary>Begin, or go on with another filter; null when the filter is not valid.</summary>
    public sealed record Start(LogFilter? Filter) : LogCommand;

    /// <summary>Pause.</summary>
    public sealed record Stop : LogCommand;

    /// <summary>No command.</summary>
    public sealed record Invalid(string Reason) : LogCommand;

    /// <summary>Reads a text message.</summary>
    public static LogCommand Parse(ReadOnlyMemory<byte> message)
    {
        try
        {
            using var document = JsonDocument.Parse(message, Options);
            var root = document.RootElement;
            if (root.ValueKind != JsonValueKind.Object || !root.TryGetProperty("type", out var type)
                || type.ValueKind != JsonValueKind.String || type.GetString() is not { Length: > 0 } name)
            {
                return new Invalid("invalid message type was provided");
            }

            return name switch
            {
                "start_streaming" => new Start(LogFilter.Parse(root.TryGetProperty("filters", out var filters) ? filters : null)),
                "stop_streaming" => new Stop(),
                _ => new Invalid($"invalid client message type was provided: {name}"),
            };
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            return new Invalid(e.Message);
        }
    }
}
