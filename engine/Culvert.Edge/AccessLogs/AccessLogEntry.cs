using Culvert.Edge.Visitors;

namespace Culvert.Edge.AccessLogs;

/// <summary>What a line of the access log says of one request.</summary>
internal readonly ref struct AccessLogEntry
{
    /// <summary>When its head had come.</summary>
    public required DateTimeOffset Time { get; init; }

    /// <summary>The visitor's address in ASCII.</summary>
    public required ReadOnlySpan<byte> Address { get; init; }

    /// <summary>Host without port, as the visitor wrote it.</summary>
    public required ReadOnlySpan<char> Host { get; init; }

    public required ReadOnlySpan<char> Method { get; init; }

    /// <summary>Path without the query, which may hold secrets.</summary>
    public required ReadOnlySpan<char> Path { get; init; }

    /// <summary>The status that was sent; 499 when the visitor left before there was one.</summary>
    public required int Status { get; init; }

    /// <summary>Bytes of the request's body, or of a WebSocket towards the origin.</summary>
    public required long Received { get; init; }

    /// <summary>Bytes of the response's body, or of a WebSocket towards the visitor.</summary>
    public required long Sent { get; init; }

    public required TimeSpan Duration { get; init; }

    /// <summary>Id of the tunnel; empty when there is none for the host.</summary>
    public required Guid Tunnel { get; init; }

    /// <summary>Id of the connection that served it; empty when none did.</summary>
    public required Guid Connection { get; init; }

    public required RayId Ray { get; init; }

    /// <summary>Whether the response was cut short.</summary>
    public required bool Aborted { get; init; }
}
