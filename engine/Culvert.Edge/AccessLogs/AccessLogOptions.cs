namespace Culvert.Edge.AccessLogs;

/// <summary>Where an edge node writes a line for each request of a visitor. Immutable.</summary>
/// <param name="Path">
/// A file, which is made when it is missing and added to when it is there; <c>-</c> for standard output.
/// </param>
/// <param name="Format">What a line looks like.</param>
public sealed record AccessLogOptions(string Path, AccessLogFormat Format = AccessLogFormat.Json)
{
    /// <summary>The path that stands for standard output.</summary>
    public const string StandardOutput = "-";
}

/// <summary>What a line of an access log looks like.</summary>
public enum AccessLogFormat
{
    /// <summary>A JSON object.</summary>
    Json,

    /// <summary>The time, then <c>key=value</c> with the same keys.</summary>
    Text,
}
