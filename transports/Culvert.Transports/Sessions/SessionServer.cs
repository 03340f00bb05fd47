using System.IO.Pipelines;
using Culvert.CapnProto.Rpc;
using Culvert.Transports.Schema;

namespace Culvert.Transports.Sessions;

/// <summary>The edge's side of an RPC stream that a connector opened.</summary>
public static class SessionServer
{
    /// <summary>Serves SessionManager.</summary>
    /// <param name="stream">The stream, behind the signature. Both halves are completed.</param>
    /// <param name="service">What to do.</param>
    /// <param name="cancellationToken">Ends the conversation with a goodbye.</param>
    /// <returns>A task that ends when the connector said goodbye or ended the stream, and no call is running any more.</returns>
    /// <exception cref="RpcException">The connector broke the protocol or aborted, or the stream broke.</exception>
    /// <exception cref="CapnProto.Messages.CapnProtoException">Bytes arrived that are no message.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public static Task ServeAsync(IDuplexPipe stream, ISessionService service, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(service);
        return RpcServer.ServeAsync(
            stream, new Capability(service), RpcOptions.Default, Timeout.InfiniteTimeSpan, time: null, cancellationToken);
    }

    private sealed class Capability(ISessionService service) : ICapability
    {
        public ValueTask DispatchAsync(
            ulong interfaceId, ushort methodId, CallContext context, CancellationToken cancellationToken) =>
            interfaceId == SessionManagerInterface.Id
                ? SessionDispatch.DispatchAsync(service, methodId, context, cancellationToken)
                : throw RpcException.MethodNotImplemented(interfaceId, methodId);
    }
}
