using System.Text;
using Culvert.CapnProto.Rpc;
using Culvert.Transports.Schema;

namespace Culvert.Transports.Sessions;

/// <summary>SessionManager, for the capabilities that include it.</summary>
internal static class SessionDispatch
{
    /// <exception cref="RpcException">There is no such method, or its parameters make no sense.</exception>
    public static async ValueTask DispatchAsync(
        ISessionService service, ushort methodId, CallContext context, CancellationToken cancellationToken)
    {
        switch (methodId)
        {
            case SessionManagerInterface.RegisterUdpSession:
                var request = SessionCodec.ReadRequest(context.Params);
                var result = request is null
                    ? new UdpSessionResult("unable to parse destination IP", default)
                    : await service.RegisterUdpSessionAsync(request, cancellationToken).ConfigureAwait(false);
                SessionCodec.WriteResult(context.Results, result);
                break;
            case SessionManagerInterface.UnregisterUdpSession:
                var fields = new UnregisterUdpSessionParams(context.Params.AsStruct());
                var (id, message) = (WireUuid.Read(fields.SessionId), Encoding.UTF8.GetString(fields.Message));
                await service.UnregisterUdpSessionAsync(id, message, cancellationToken).ConfigureAwait(false);
                break;
            default:
                throw RpcException.MethodNotImplemented(SessionManagerInterface.Id, methodId);
        }
    }
}
