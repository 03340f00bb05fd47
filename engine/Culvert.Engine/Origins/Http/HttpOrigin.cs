using System.Runtime.CompilerServices;
using System.Text;
using Culvert.Engine.Origins.Http.Connections;
using Culvert.Engine.Origins.Http.Requests;
using Culvert.Transports.Streams;
using Microsoft.AspNetCore.Connections;

namespace Culvert.Engine.Origins.Http;

/// <summary>An HTTP/1.1 origin, reached over a pool of kept-alive connections. Thread-safe.</summary>
public sealed class HttpOrigin : IOrigin
{
    private readonly OriginDialer _dialer;
    private readonly ConnectionPool _pool;
    private readonly byte[] _host;

    /// <summary>Creates a client for one address; nothing is dialled before the first request.</summary>
    /// <param name="address">Scheme, host and port; a path is ignored.</param>
    public HttpOrigin(Uri address)
        : this(address, new HttpOriginSettings())
    {
    }

    internal HttpOrigin(Uri address, HttpOriginSettings settings)
    {
        ArgumentNullException.ThrowIfNull(address);
        _dialer = new OriginDialer(address, settings);
        _pool = new ConnectionPool(settings);
        _host = Encoding.ASCII.GetBytes(address.IsDefaultPort ? address.IdnHost : $"{address.IdnHost}:{address.Port}");
    }

    /// <summary>Number of idle connections.</summary>
    internal int IdleConnections => _pool.Count;

    /// <inheritdoc/>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    public async ValueTask ServeAsync(EdgeStream stream, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(stream);
        var framing = RequestFraming.Of(stream.Request);
        if (_pool.Rent() is { } pooled)
        {
            try
            {
                await RunAsync(pooled, stream, framing, cancellationToken).ConfigureAwait(false);
                return;
            }
            catch (OriginException) when (!pooled.Exchange.AnswerBegan && framing.MayRepeat(stream.Request))
            {
                // The origin closed the connection while the request was on its way; a new one tells whether it is there.
            }
        }

        var connection = await _dialer.DialAsync(cancellationToken).ConfigureAwait(false);
        _pool.Watch(connection);
        await RunAsync(connection, stream, framing, cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        _pool.Dispose();
        return ValueTask.CompletedTask;
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    private async ValueTask RunAsync(
        OriginConnection connection, EdgeStream stream, RequestFraming framing, CancellationToken cancellationToken)
    {
        var reusable = false;
        try
        {
            reusable = await connection.Exchange.RunAsync(stream, framing, _host, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e)
        {
            connection.Abort();
            cancellationToken.ThrowIfCancellationRequested();
            if (!stream.HeadSent && (e is IOException or ConnectionAbortedException))
            {
                throw new OriginException(e);
            }

            throw;
        }
        finally
        {
            if (reusable)
            {
                _pool.Return(connection);
            }
            else
            {
                // It never throws, and nobody has to wait for it.
                _ = connection.CloseAsync();
            }
        }
    }
}
