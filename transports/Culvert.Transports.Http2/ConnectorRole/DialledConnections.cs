using System.Net;
using System.Threading.Channels;
using Microsoft.AspNetCore.Connections;

namespace Culvert.Transports.Http2.ConnectorRole;

/// <summary>A listener whose connections are those that the connector dialled.</summary>
internal sealed class DialledConnections : IConnectionListenerFactory, IConnectionListener
{
    // A connector has a handful of connections; the server takes them as fast as they come.
    private readonly Channel<ConnectionContext> _waiting = Channel.CreateBounded<ConnectionContext>(16);

    public EndPoint EndPoint { get; private set; } = new IPEndPoint(IPAddress.None, 0);

    public ValueTask AddAsync(ConnectionContext connection, CancellationToken cancellationToken) =>
        _waiting.Writer.WriteAsync(connection, cancellationToken);

    public ValueTask<IConnectionListener> BindAsync(EndPoint endpoint, CancellationToken cancellationToken = default)
    {
        EndPoint = endpoint;
        return ValueTask.FromResult<IConnectionListener>(this);
    }

    public async ValueTask<ConnectionContext?> AcceptAsync(CancellationToken cancellationToken = default)
    {
        while (await _waiting.Reader.WaitToReadAsync(cancellationToken).ConfigureAwait(false))
        {
            if (_waiting.Reader.TryRead(out var connection))
            {
                return connection;
            }
        }

        return null;
    }

    public ValueTask UnbindAsync(CancellationToken cancellationToken = default)
    {
        _waiting.Writer.TryComplete();
        return ValueTask.CompletedTask;
    }

    public ValueTask DisposeAsync() => UnbindAsync(CancellationToken.None);
}
