using System.Buffers.Binary;
using Culvert.Engine.Datagrams.Muxer;
using Culvert.Transports.Sessions;

namespace Culvert.Engine.Datagrams.V2;

/// <summary>What an edge may ask of a connection with datagrams of version 2 (datagrams, section 3.4). Thread-safe.</summary>
internal sealed class UdpSessions(ConnectionFlows flows) : ISessionService
{
    public async ValueTask<UdpSessionResult> RegisterUdpSessionAsync(
        UdpSessionRequest request, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        return new UdpSessionResult(await RunAsync(request.SessionId, request, cancellationToken).ConfigureAwait(false), default);
    }

    public async ValueTask UnregisterUdpSessionAsync(Guid sessionId, string message, CancellationToken cancellationToken) =>
        await RunAsync(sessionId, null, cancellationToken).ConfigureAwait(false);

    /// <summary>A session's id as the flow table has it: the bytes in the order of the text.</summary>
    public static UInt128 IdOf(Guid session)
    {
        Span<byte> bytes = stackalloc byte[SuffixedDatagram.SessionIdLength];
        _ = session.TryWriteBytes(bytes, bigEndian: true, out _);
        return BinaryPrimitives.ReadUInt128BigEndian(bytes);
    }

    /// <summary>The reverse of <see cref="IdOf"/>.</summary>
    public static Guid SessionOf(UInt128 id)
    {
        Span<byte> bytes = stackalloc byte[SuffixedDatagram.SessionIdLength];
        BinaryPrimitives.WriteUInt128BigEndian(bytes, id);
        return new Guid(bytes, bigEndian: true);
    }

    private Task<string?> RunAsync(Guid session, UdpSessionRequest? request, CancellationToken cancellationToken)
    {
        var command = new SessionCommand(IdOf(session), request);
        flows.Post(command);
        return command.Done.WaitAsync(cancellationToken);
    }
}
