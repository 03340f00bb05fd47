namespace Culvert.CapnProto.Rpc;

/// <summary>An object whose methods the other vat can call.</summary>
public interface ICapability
{
    /// <summary>
    /// Runs one method. Called in the order in which calls arrive, on the connection's receive loop: until the method awaits, no
    /// further message is read, so it must not block. Calls may overlap and end in any order.
    /// </summary>
    /// <param name="interfaceId">The interface that declares the method.</param>
    /// <param name="methodId">The method's ordinal.</param>
    /// <param name="context">Parameters and results; borrowed until the returned task ends.</param>
    /// <param name="cancellationToken">Cancelled when the caller gave up or the connection ended.</param>
    /// <returns>
    /// A task; when it fails, the caller gets an exception with the text of the failure (and, for an
    /// <see cref="RpcException"/>, its type), so the text must not hold secrets.
    /// </returns>
    /// <exception cref="RpcException">The method does not exist: <see cref="RpcException.MethodNotImplemented"/>.</exception>
    ValueTask DispatchAsync(ulong interfaceId, ushort methodId, CallContext context, CancellationToken cancellationToken);
}
