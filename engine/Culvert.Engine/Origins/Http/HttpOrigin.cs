using System.Runtime.CompilerServices;
using System.Text;
using Culvert.Engine.Origins.Http.Connections;
using Culvert.Engine.Origins.Http.Requests;
using Culvert.Ingress.OriginRequests;
using Culvert.Transports.Streams;
using Microsoft.Extensions.Logging;

namespace Culvert.Engine.Origins.Http;

/// <summary>An HTTP/1.1 origin on TCP or a unix socket, reached over a pool of kept-alive connections. Thread-safe.</summary>
public sealed class HttpOrigin : IOrigin
{
    private readonly OriginDialer _dialer;
    private readonly ConnectionPool _pool;
    private readonly OriginHost _host;
    private readonly bool _neverChunks;

    /// <summary>Creates a client for one service URL; nothing is dialled before the first request.</summary>
    /// <exception cref="IOException">The settings' file of certificates cannot be read.</exception>
    public HttpOrigin(Uri address, OriginRequest? settings = null, TimeProvider? time = null)
        : this(HttpOriginAddress.Of(address), settings, time)
    {
    }

    /// <summary>Creates a client for one address; nothing is dialled before the first request.</summary>
    /// <exception cref="IOException">The settings' file of certificates cannot be read.</exception>
    public HttpOrigin(
        HttpOriginAddress address, OriginRequest? settings = null, TimeProvider? time = null, ILogger? logger = null)
    {
        ArgumentNullException.ThrowIfNull(address);
        settings ??= OriginRequest.Default;
        time ??= TimeProvider.System;
        _dialer = new OriginDialer(address, settings, time, logger);
        _pool = new ConnectionPool(settings, time);
        _neverChunks = settings.DisableChunkedEncoding;
        _host = new OriginHost(
            Encoding.ASCII.GetBytes(address.HostField),
            address.SocketPath is null ? Encoding.Latin1.GetBytes(settings.HttpHostHeader) : []);
    }

    /// <summary>Number of idle connections.</summary>
    internal int IdleConnections => _pool.Count;

    /// <inheritdoc/>
    [AsyncMethodBuilder(typeof(PooledMethodBuilder))]
    public async ValueTask ServeAsync(EdgeStream stream, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(stream);
        var framing = RequestFraming.Of(stream.Request);
        if (_neverChunks && framing is { HasBody: true, Length: null })
        {
            framing = await MeasureAsync(stream, cancellationToken).ConfigureAwait(false);
        }

        if (_pool.Rent(_dialer.NameFor(stream.Request)) is { } pooled)
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

        var connection = await _dialer.DialAsync(stream.Request, cancellationToken).ConfigureAwait(false);
        await RunAsync(connection, stream, framing, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Closes the idle connections, and the others when their requests end.</summary>
    public void Retire() => _pool.Dispose();

    /// <summary>The same as <see cref="Retire"/>.</summary>
    public ValueTask DisposeAsync()
    {
        _pool.Dispose();
        return ValueTask.CompletedTask;
    }

    private static async ValueTask<RequestFraming> MeasureAsync(EdgeStream stream, CancellationToken cancellationToken)
    {
        try
        {
            return new(true, await MeasuredBody.LengthAsync(stream.Input, cancellationToken).ConfigureAwait(false));
        }
        catch (IOException e)
        {
            throw new OriginException(e);
        }
    }

    [AsyncMethodBuilder(typeof(PooledMethodBuilder))]
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
            if (!stream.HeadSent && e is IOException)
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
                connection.Dispose();
            }
        }
    }
}
