using System.Net;
using System.Net.Sockets;
using System.Text;
using Culvert.Transports.Headers;
using Culvert.Transports.Streams;

namespace Culvert.Engine.Origins.Http;

/// <summary>An HTTP/1.1 origin reached by the platform's client. Thread-safe.</summary>
public sealed class HttpOrigin : IOrigin
{
    private const int MaxHeaderKilobytes = HeaderList.MaxBytes / 1024;

    private static readonly TimeSpan ConnectTimeout = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan IdleTimeout = TimeSpan.FromSeconds(90);

    private readonly Uri _address;
    private readonly HttpMessageInvoker _client;

    /// <summary>Creates a client for one address.</summary>
    /// <param name="address">Scheme, host and port; a path is ignored.</param>
    public HttpOrigin(Uri address)
    {
        ArgumentNullException.ThrowIfNull(address);
        _address = address;
        _client = new HttpMessageInvoker(CreateHandler(), disposeHandler: true);
    }

    /// <inheritdoc/>
    public async Task ServeAsync(EdgeStream stream, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(stream);
        using var request = OriginRequest.Create(_address, stream);
        using var response = await SendAsync(request, cancellationToken).ConfigureAwait(false);
        var body = await response.Content.ReadAsStreamAsync(cancellationToken).ConfigureAwait(false);
        await using (body.ConfigureAwait(false))
        {
            SendHead(stream, response);
            if (response.StatusCode == HttpStatusCode.SwitchingProtocols)
            {
                await UpgradedCopy.RunAsync(stream, body, cancellationToken).ConfigureAwait(false);
                return;
            }

            await ResponseBodyCopy.RunAsync(body, stream.Output, cancellationToken).ConfigureAwait(false);
            OriginResponse.AddTrailers(response, stream);
        }
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        _client.Dispose();
        return ValueTask.CompletedTask;
    }

    private async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        try
        {
            return await _client.SendAsync(request, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (e is HttpRequestException or IOException or SocketException
            || (e is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            throw new OriginException(e);
        }
    }

    private static void SendHead(EdgeStream stream, HttpResponseMessage response)
    {
        var head = new ResponseHead();
        try
        {
            OriginResponse.Read(response, head);
            stream.SendHead(head);
        }
        finally
        {
            head.Clear();
        }
    }

    private static SocketsHttpHandler CreateHandler() => new()
    {
        ConnectTimeout = ConnectTimeout,
        PooledConnectionIdleTimeout = IdleTimeout,
        PooledConnectionLifetime = Timeout.InfiniteTimeSpan,
#pragma warning disable CA2262 // The value is meant in kilobytes.
        MaxResponseHeadersLength = MaxHeaderKilobytes,
#pragma warning restore CA2262
        UseCookies = false,
        UseProxy = false,
        AllowAutoRedirect = false,
        AutomaticDecompression = DecompressionMethods.None,
        ActivityHeadersPropagator = null,
        RequestHeaderEncodingSelector = (_, _) => Encoding.Latin1,
        ResponseHeaderEncodingSelector = (_, _) => Encoding.Latin1,
    };
}
