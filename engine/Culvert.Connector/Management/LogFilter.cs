using System.Text.Json;
using Culvert.Connector.Logging;
using Microsoft.Extensions.Logging;

namespace Culvert.Connector.Management;

/// <summary>Which events a client wants to see (supervisor-and-operations, section 7.2). Immutable.</summary>
internal sealed record LogFilter
{
    private const int Percent = 100;

    /// <summary>Everything.</summary>
    public static LogFilter All { get; } = new();

    /// <summary>Least important level.</summary>
    public LogLevel Level { get; init; } = LogLevel.Debug;

    /// <summary>The events; null for all.</summary>
    public IReadOnlyList<LogEvent>? Events { get; init; }

    /// <summary>Share of what else passes, from 0 to 1; both of these mean everything.</summary>
    public double Sampling { get; init; } = 1;

    /// <summary>Reads the <c>filters</c> of a client.</summary>
    /// <param name="filters">The member's value; null when there is none.</param>
    /// <returns>Null when a value is none.</returns>
    public static LogFilter? Parse(JsonElement? filters)
    {
        if (filters is not { ValueKind: not JsonValueKind.Null } members)
        {
            return All;
        }

        if (members.ValueKind != JsonValueKind.Object)
        {
            return null;
        }

        var filter = All;
        foreach (var member in members.EnumerateObject())
        {
            if (member.Value.ValueKind == JsonValueKind.Null)
            {
                continue;
            }

            if (Apply(filter, member) is not { } next)
            {
                return null;
            }

            filter = next;
        }

        return filter;
    }

    /// <summary>Whether an event passes.</summary>
    /// <param name="record">The event.</param>
    /// <param name="random">A number from 0 to 99.</param>
    public bool Passes(LogRecord record, Func<int> random) => LogNames.LevelOf(record) >= Level
        && (Events is null || Events.Contains(LogNames.EventOf(record)))
        && (Sampling is <= 0 or >= 1 || random() <= (int)(Sampling * Percent));

    private static LogFilter? Apply(LogFilter filter, JsonProperty member)
    {
        var value = member.Value;
        switch (member.Name)
        {
            case "level":
                return value.ValueKind == JsonValueKind.String && LogNames.LevelOf(value.GetString()) is { } level
                    ? filter with { Level = level } : null;
            case "sampling":
                return value.ValueKind == JsonValueKind.Number && value.TryGetDouble(out var share) && double.IsFinite(share)
                    ? filter with { Sampling = Math.Clamp(share, 0, 1) } : null;
            case "events":
                return Events(value) is { } events ? filter with { Events = events.Count == 0 ? null : events } : null;
            default:
                return filter;
        }

        static List<LogEvent>? Events(JsonElement value)
        {
            if (value.ValueKind != JsonValueKind.Array)
            {
                return null;
            }

            var events = new List<LogEvent>();
            foreach (var item in value.EnumerateArray())
            {
                if (item.ValueKind != JsonValueKind.String || LogNames.EventOf(item.GetString()) is not { } known)
                {
                    return null;
                }

                events.Add(known);
            }

            return events;
        }
    }
}
