using System.IO.Pipelines;
using Culvert.CapnProto.Rpc;
using Culvert.Transports.Schema;
using Culvert.Transports.Sessions;

namespace Culvert.Transports.Configuration;

/// <summary>
/// The connector's side of an RPC stream that the edge opened: the interface CloudflaredServer, which is ConfigurationManager and
/// SessionManager together.
/// </summary>
public static class CloudflaredServer
{
    /// <summary>How long the reference lets such a stream live: 5 s, its option rpc-timeout.</summary>
    public static TimeSpan DefaultLifetime { get; } = TimeSpan.FromSeconds(5);

    /// <summary>Serves one stream.</summary>
    /// <param name="stream">The stream, behind the signature. Both halves are completed.</param>
    /// <param name="configuration">What updateConfiguration does; null if it does not exist.</param>
    /// <param name="sessions">What SessionManager does; null if it does not exist.</param>
    /// <param name="lifetime">
    /// How long the whole stream may live, whatever is going on; then the connector says goodbye and ends it.
    /// </param>
    /// <param name="time">Measures the lifetime; null for the system's time.</param>
    /// <param name="cancellationToken">Ends the conversation with a goodbye.</param>
    /// <returns>
    /// A task that ends when the edge said goodbye or ended the stream, or the lifetime is over, and no call is running any more.
    /// </returns>
    /// <exception cref="RpcException">The edge broke the protocol or aborted, or the stream broke.</exception>
    /// <exception cref="CapnProto.Messages.CapnProtoException">Bytes arrived that are no message.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public static Task ServeAsync(
        IDuplexPipe stream,
        IConfigurationService? configuration,
        ISessionService? sessions,
        TimeSpan lifetime,
        TimeProvider? time,
        CancellationToken cancellationToken) =>
        RpcServer.ServeAsync(
            stream, new Capability(configuration, sessions), RpcOptions.Default, lifetime, time, cancellationToken);

    private sealed class Capability(IConfigurationService? configuration, ISessionService? sessions) : ICapability
    {
        public ValueTask DispatchAsync(
            ulong interfaceId, ushort methodId, CallContext context, CancellationToken cancellationToken) =>
            interfaceId switch
            {
                SessionManagerInterface.Id when sessions is not null =>
                    SessionDispatch.DispatchAsync(sessions, methodId, context, cancellationToken),
                ConfigurationManagerInterface.Id
                    when configuration is not null && methodId == ConfigurationManagerInterface.UpdateConfiguration =>
                    UpdateAsync(configuration, context, cancellationToken),
                _ => throw RpcException.MethodNotImplemented(interfaceId, methodId),
            };

        private static async ValueTask UpdateAsync(
            IConfigurationService service, CallContext context, CancellationToken cancellationToken)
        {
            var update = ConfigurationCodec.ReadUpdate(context.Params);
            var result = await service.UpdateConfigurationAsync(update, cancellationToken).ConfigureAwait(false);
            ConfigurationCodec.WriteResult(context.Results, result);
        }
    }
}
