using System.IO.Pipelines;
using Culvert.CapnProto.Messages;
using Culvert.CapnProto.Rpc;
using Culvert.Transports.Schema;

namespace Culvert.Transports.Registration;

/// <summary>The edge's side of a control stream.</summary>
public static class RegistrationServer
{
    /// <summary>
    /// The limits that apply unless others are given: messages of 8 MiB and 16 MiB of unanswered calls, less than the protocol
    /// allows, because whoever opens a control stream has not proved yet who it is.
    /// </summary>
    public static RpcOptions DefaultOptions { get; } = new()
    {
        Message = new MessageLimits { MessageBytes = 8 << 20 },
        AnswerBytes = 16 << 20,
    };

    /// <summary>Serves a control stream within <see cref="DefaultOptions"/>.</summary>
    /// <param name="stream">The stream, from its first byte. Both halves are completed.</param>
    /// <param name="service">What to do.</param>
    /// <param name="cancellationToken">Ends the conversation with a goodbye.</param>
    /// <returns>A task that ends when the connector said goodbye or ended the stream, and no call is running any more.</returns>
    /// <exception cref="RpcException">The connector broke the protocol or aborted, or the stream broke.</exception>
    /// <exception cref="CapnProtoException">Bytes arrived that are no message.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public static Task ServeAsync(IDuplexPipe stream, IRegistrationService service, CancellationToken cancellationToken) =>
        ServeAsync(stream, service, DefaultOptions, cancellationToken);

    /// <summary>Serves a control stream.</summary>
    /// <param name="stream">The stream, from its first byte. Both halves are completed.</param>
    /// <param name="service">What to do.</param>
    /// <param name="options">The limits.</param>
    /// <param name="cancellationToken">Ends the conversation with a goodbye.</param>
    /// <returns>A task that ends when the connector said goodbye or ended the stream, and no call is running any more.</returns>
    /// <exception cref="RpcException">The connector broke the protocol or aborted, or the stream broke.</exception>
    /// <exception cref="CapnProtoException">Bytes arrived that are no message.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public static Task ServeAsync(
        IDuplexPipe stream, IRegistrationService service, RpcOptions options, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(service);
        return RpcServer.ServeAsync(
            stream, new Capability(service), options, Timeout.InfiniteTimeSpan, time: null, cancellationToken);
    }

    private sealed class Capability(IRegistrationService service) : ICapability
    {
        public async ValueTask DispatchAsync(
            ulong interfaceId, ushort methodId, CallContext context, CancellationToken cancellationToken)
        {
            switch (interfaceId == RegistrationServerInterface.Id ? methodId : ushort.MaxValue)
            {
                case RegistrationServerInterface.RegisterConnection:
                    var request = RegistrationCodec.ReadRequest(context.Params);
                    var result = await service.RegisterConnectionAsync(request, cancellationToken).ConfigureAwait(false);
                    RegistrationCodec.WriteResult(context.Results, result);
                    break;
                case RegistrationServerInterface.UnregisterConnection:
                    await service.UnregisterConnectionAsync(cancellationToken).ConfigureAwait(false);
                    break;
                case RegistrationServerInterface.UpdateLocalConfiguration:
                    var json = new UpdateLocalConfigurationParams(context.Params.AsStruct()).Config.ToArray();
                    await service.UpdateLocalConfigurationAsync(json, cancellationToken).ConfigureAwait(false);
                    break;
                default:
                    throw RpcException.MethodNotImplemented(interfaceId, methodId);
            }
        }
    }
}
