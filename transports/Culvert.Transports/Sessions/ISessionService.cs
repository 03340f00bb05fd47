using System.Net;

namespace Culvert.Transports.Sessions;

/// <summary>The parameters of registerUdpSession.</summary>
/// <param name="SessionId">The id that the session's datagrams carry.</param>
/// <param name="DestinationIp">
/// Where to send. On the wire as it is, 4 or 16 bytes; when read, an IPv4 address in its IPv6-mapped form becomes IPv4.
/// </param>
/// <param name="DestinationPort">The UDP port.</param>
/// <param name="CloseAfterIdle">
/// How long the session may be idle; zero for the connector's default of 210 s, which is also how a negative or sub-tick value
/// from the network reads. Sending one that is negative is refused here: it crashes the reference connector.
/// </param>
/// <param name="TraceContext">A trace context, or empty.</param>
public sealed record UdpSessionRequest(
    Guid SessionId, IPAddress DestinationIp, ushort DestinationPort, TimeSpan CloseAfterIdle, string TraceContext);

/// <summary>The results of registerUdpSession.</summary>
/// <param name="Error">Why the session is refused; null or empty when datagrams may flow.</param>
/// <param name="Spans">Trace spans (OTLP), only with success and a trace context.</param>
public sealed record UdpSessionResult(string? Error, ReadOnlyMemory<byte> Spans);

/// <summary>
/// Datagram v2 sessions: what a connector does for its edge, and, for the end of sessions only, an edge for its connector. A
/// method that throws answers its call with an RPC exception of the same text.
/// </summary>
public interface ISessionService
{
    /// <summary>Opens a session.</summary>
    /// <param name="request">What to open.</param>
    /// <param name="cancellationToken">Cancelled when the caller gave up or the stream ended.</param>
    /// <returns>Success or refusal.</returns>
    ValueTask<UdpSessionResult> RegisterUdpSessionAsync(UdpSessionRequest request, CancellationToken cancellationToken);

    /// <summary>Ends a session. An unknown id is no error.</summary>
    /// <param name="sessionId">Which one.</param>
    /// <param name="message">Why, for logs.</param>
    /// <param name="cancellationToken">Cancelled when the caller gave up or the stream ended.</param>
    /// <returns>A task.</returns>
    ValueTask UnregisterUdpSessionAsync(Guid sessionId, string message, CancellationToken cancellationToken);
}
