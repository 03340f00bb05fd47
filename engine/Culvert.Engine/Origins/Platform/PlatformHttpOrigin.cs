using System.IO.Pipelines;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Text;
using Culvert.Engine.Origins.Certificates;
using Culvert.Engine.Origins.Dialing;
using Culvert.Engine.Origins.Http;
using Culvert.Engine.Origins.Http.Requests;
using Culvert.Ingress.OriginRequests;
using Culvert.Transports.Streams;
using Microsoft.Extensions.Logging;

namespace Culvert.Engine.Origins.Platform;

/// <summary>
/// An HTTP origin reached through the platform's client, for what our own does not do: HTTP/2 (<c>http2Origin</c>) and forward
/// proxies. Thread-safe.
/// </summary>
internal sealed class PlatformHttpOrigin : IOrigin
{
    private const int MaxHeadKilobytes = 1024;

    private readonly HttpOriginAddress _address;
    private readonly OriginRequest _settings;
    private readonly TimeProvider _time;
    private readonly OriginHost _host;
    private readonly TcpDialer _dialer;
    private readonly OriginTls _tls;
    private readonly bool _isProxied;
    private readonly HttpMessageInvoker _client;

    /// <summary>Creates the client; nothing is dialled before the first request.</summary>
    /// <exception cref="IOException">The settings' file of certificates cannot be read.</exception>
    public PlatformHttpOrigin(
        HttpOriginAddress address, OriginRequest settings, IWebProxy? proxy = null, TimeProvider? time = null,
        ILogger? logger = null)
    {
        _address = address;
        _settings = settings;
        _time = time ?? TimeProvider.System;
        _dialer = new TcpDialer(settings, time);
        _tls = new OriginTls(settings, OriginTrust.Load(settings.CaPool, logger, time));
        _isProxied = proxy is not null;
        _host = new OriginHost(
            Encoding.ASCII.GetBytes(address.HostField),
            address.SocketPath is null ? Encoding.Latin1.GetBytes(settings.HttpHostHeader) : []);
        _client = new HttpMessageInvoker(CreateHandler(proxy), disposeHandler: true);
    }

    /// <inheritdoc/>
    public async ValueTask ServeAsync(EdgeStream stream, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(stream);
        try
        {
            await RunAsync(stream, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (!stream.HeadSent && !cancellationToken.IsCancellationRequested && e is not OriginException)
        {
            throw new OriginException(e);
        }
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        _client.Dispose();
        return ValueTask.CompletedTask;
    }

    private async ValueTask RunAsync(EdgeStream stream, CancellationToken cancellationToken)
    {
        var framing = RequestFraming.Of(stream.Request);
        if (_settings.DisableChunkedEncoding && framing is { HasBody: true, Length: null })
        {
            framing = new(true, await MeasuredBody.LengthAsync(stream.Input, cancellationToken).ConfigureAwait(false));
        }

        var (message, body) = PlatformRequest.Create(stream, _address, _host, framing, _settings.Http2Origin && _address.Tls);
        using (message)
        {
            try
            {
                using var response = await _client.SendAsync(message, cancellationToken).ConfigureAwait(false);
                await AnswerAsync(stream, response, cancellationToken).ConfigureAwait(false);
            }
            finally
            {
                if (body is not null)
                {
                    await body.StopAsync().ConfigureAwait(false);
                }
            }
        }
    }

    private static async ValueTask AnswerAsync(
        EdgeStream stream, HttpResponseMessage response, CancellationToken cancellationToken)
    {
        var content = await response.Content.ReadAsStreamAsync(cancellationToken).ConfigureAwait(false);
        var input = PipeReader.Create(content, new StreamPipeReaderOptions(bufferSize: 16 * 1024, useZeroByteReads: true));
        try
        {
            if (response.StatusCode == HttpStatusCode.SwitchingProtocols)
            {
                await SwitchAsync(stream, response, content, input, cancellationToken).ConfigureAwait(false);
                return;
            }

            PlatformResponse.SendHead(stream, response);
            await PipeCopy.RunAsync(input, stream.Output, cancellationToken).ConfigureAwait(false);
            PlatformResponse.AddTrailers(stream, response);
        }
        finally
        {
            await input.CompleteAsync().ConfigureAwait(false);
        }
    }

    private static async ValueTask SwitchAsync(
        EdgeStream stream, HttpResponseMessage response, Stream content, PipeReader input, CancellationToken cancellationToken)
    {
        if (stream.Request.Kind != StreamKind.WebSocket)
        {
            throw new IOException("the response switches protocols unasked");
        }

        PlatformResponse.SendHead(stream, response);
        var output = PipeWriter.Create(content, new StreamPipeWriterOptions(leaveOpen: true));
        try
        {
            await TwoWayCopy.RunAsync(input, stream.Output, stream.Input, output, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            // What was not flushed is discarded: an origin that does not read must not hold this up.
            await output.CompleteAsync(new OperationCanceledException()).ConfigureAwait(false);
        }
    }

    private SocketsHttpHandler CreateHandler(IWebProxy? proxy)
    {
        var name = _settings.OriginServerName.Length > 0 ? _settings.OriginServerName : _address.Host;
        return new SocketsHttpHandler
        {
            ActivityHeadersPropagator = null,
            AllowAutoRedirect = false,
            AutomaticDecompression = DecompressionMethods.None,
            ConnectCallback = ConnectAsync,
            ConnectTimeout = _settings is { ConnectTimeout.Ticks: > 0, TlsTimeout.Ticks: > 0 }
                ? _settings.ConnectTimeout + _settings.TlsTimeout
                : Timeout.InfiniteTimeSpan,
            EnableMultipleHttp2Connections = true,
#pragma warning disable CA2262 // It is kilobytes that are meant.
            MaxResponseHeadersLength = MaxHeadKilobytes,
#pragma warning restore CA2262
            PooledConnectionIdleTimeout =
                _settings.KeepAliveTimeout > TimeSpan.Zero ? _settings.KeepAliveTimeout : Timeout.InfiniteTimeSpan,
            Proxy = proxy,
            RequestHeaderEncodingSelector = static (_, _) => Encoding.Latin1,
            ResponseHeaderEncodingSelector = static (_, _) => Encoding.Latin1,
            SslOptions = _tls.CreateTunnelOptions(name),
            UseCookies = false,
            UseProxy = proxy is not null,
        };
    }

    private async ValueTask<Stream> ConnectAsync(SocketsHttpConnectionContext context, CancellationToken cancellationToken)
    {
        var socket = _address.SocketPath is { } path
            ? await UnixDialer.ConnectAsync(path, _settings, _time, cancellationToken).ConfigureAwait(false)
            : await _dialer.ConnectAsync(context.DnsEndPoint.Host, context.DnsEndPoint.Port, cancellationToken)
                .ConfigureAwait(false);
        var stream = new NetworkStream(socket, ownsSocket: true);
        return _address.Tls && !_isProxied
            ? await AuthenticateAsync(stream, context.InitialRequestMessage, cancellationToken).ConfigureAwait(false)
            : stream;
    }

    // Here and not in the platform's client, which would ask for the name in the request's Host field.
    private async ValueTask<Stream> AuthenticateAsync(
        NetworkStream stream, HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var isUnix = _address.SocketPath is not null;
        var name = _settings.OriginServerName.Length > 0 ? _settings.OriginServerName
            : isUnix ? Encoding.Latin1.GetString(HostField.WithoutPort(Encoding.Latin1.GetBytes(request.Headers.Host ?? "")))
            : _address.Host;
        var options = _tls.CreateOptions(name, acceptsLocalName: isUnix);
        if (request.Version == HttpVersion.Version20)
        {
            options.ApplicationProtocols = [SslApplicationProtocol.Http2, SslApplicationProtocol.Http11];
        }

        var tls = new SslStream(stream);
        using var deadline = Deadline.Start(_settings.TlsTimeout, _time, cancellationToken);
        try
        {
            await tls.AuthenticateAsClientAsync(options, deadline.Token).ConfigureAwait(false);
            return tls;
        }
        catch (Exception e)
        {
            await tls.DisposeAsync().ConfigureAwait(false);
            throw e is OperationCanceledException && !cancellationToken.IsCancellationRequested
                ? new TimeoutException($"net/http: TLS handshake timeout after {_settings.TlsTimeout.TotalSeconds} s")
                : e;
        }
    }
}
