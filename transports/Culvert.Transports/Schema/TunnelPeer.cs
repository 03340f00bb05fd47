using System.IO.Pipelines;
using Culvert.CapnProto.Rpc;

namespace Culvert.Transports.Schema;

/// <summary>The other side of an RPC stream, for the side that calls.</summary>
internal sealed class TunnelPeer : IAsyncDisposable
{
    private readonly RpcConnection _connection;
    private readonly RemoteCapability _main;

    public TunnelPeer(IDuplexPipe stream, TimeProvider? time)
    {
        _connection = new RpcConnection(stream, bootstrap: null, RpcOptions.Default, time);
        _main = _connection.Bootstrap();
    }

    public Task Completion => _connection.Completion;

    public ValueTask CloseAsync() => _connection.CloseAsync();

    public ValueTask DisposeAsync() => CloseAsync();

    /// <summary>Calls a method; a remote exception gets the text that the reference's users know from its log.</summary>
    public async ValueTask<TResult> CallAsync<TState, TResult>(
        TunnelMethod method,
        TState state,
        WriteParams<TState> write,
        ReadResults<TResult> read,
        CancellationToken cancellationToken)
    {
        try
        {
            return await _main.CallAsync(method.InterfaceId, method.MethodId, state, write, read, cancellationToken)
                .ConfigureAwait(false);
        }
        catch (RpcException e) when (e.IsRemote)
        {
            var text = $"{TunnelRpcSchema.Path}:{method.Name}: rpc exception: {e.Message}";
            throw new RpcException(e.Type, text, e) { IsRemote = true };
        }
    }

    /// <summary>Calls a method without results.</summary>
    public async ValueTask CallAsync<TState>(
        TunnelMethod method, TState state, WriteParams<TState> write, CancellationToken cancellationToken) =>
        await CallAsync(method, state, write, static _ => true, cancellationToken).ConfigureAwait(false);

    /// <summary>Calls a method without results and parameters.</summary>
    public async ValueTask CallAsync(TunnelMethod method, CancellationToken cancellationToken) =>
        await CallAsync(method, true, static (content, _) => content.InitStruct(default), cancellationToken)
            .ConfigureAwait(false);
}

/// <summary>How a method is called.</summary>
/// <param name="InterfaceId">The interface that declares it.</param>
/// <param name="MethodId">Its ordinal.</param>
/// <param name="Name">Interface and method, for error texts.</param>
internal readonly record struct TunnelMethod(ulong InterfaceId, ushort MethodId, string Name);
