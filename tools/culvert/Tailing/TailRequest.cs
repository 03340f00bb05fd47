using System.Text.Json;
using Culvert.Connector.Management;
using Microsoft.Extensions.Logging;

namespace Culvert.CommandLine.Tailing;

/// <summary>Whose log events are asked for, and which (cli-api-access, section 12.1). Immutable.</summary>
internal sealed record TailRequest
{
    /// <summary>Host of the management service.</summary>
    public required string Hostname { get; init; }

    /// <summary>Where an edge is reached that has not that name; null for <see cref="Hostname"/> over TLS.</summary>
    public Uri? Edge { get; init; }

    /// <summary>The management token.</summary>
    public required string Token { get; init; }

    /// <summary>The connector; null for any of the tunnel.</summary>
    public Guid? Connector { get; init; }

    /// <summary>Least important level.</summary>
    public LogLevel Level { get; init; } = LogLevel.Debug;

    /// <summary>The events; none for all.</summary>
    public IReadOnlyList<LogEvent> Events { get; init; } = [];

    /// <summary>Share of the events, above 0 and up to 1.</summary>
    public double Sampling { get; init; } = 1;

    /// <summary>Where the WebSocket is opened.</summary>
    public Uri Address
    {
        get
        {
            var query = $"access_token={Uri.EscapeDataString(Token)}{(Connector is { } id ? $"&connector_id={id}" : "")}";
            return new UriBuilder(Edge ?? new Uri($"https://{Hostname}")) { Path = "/logs", Query = query }.Uri;
        }
    }

    /// <summary>The first message to the connector.</summary>
    public byte[] StartMessage()
    {
        using var message = new MemoryStream();
        using (var json = new Utf8JsonWriter(message))
        {
            json.WriteStartObject();
            json.WriteString("type", "start_streaming");
            json.WriteStartObject("filters");
            if (Events.Count > 0)
            {
                json.WriteStartArray("events");
                foreach (var name in Events)
                {
                    json.WriteStringValue(LogNames.NameOf(name));
                }

                json.WriteEndArray();
            }

            json.WriteString("level", LogNames.NameOf(Level));
            json.WriteNumber("sampling", Sampling);
            json.WriteEndObject();
            json.WriteEndObject();
        }

        return message.ToArray();
    }
}
