using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Culvert.Transports.Connections;
using Culvert.Transports.Http2.ConnectorRole;
using Culvert.Transports.Tls;

namespace Culvert.Transports.Http2.Tests.Fixtures;

/// <summary>A connection that the connector dialled over loopback TLS, and the edge's end of it.</summary>
internal sealed class Dialled : IAsyncDisposable
{
    private readonly Http2EdgeDialer _dialer;
    private readonly EdgeConnection _connection;

    private Dialled(Http2EdgeDialer dialer, EdgeConnection connection, SslStream edge, IEdgeConnectionHandler handler)
    {
        _dialer = dialer;
        _connection = connection;
        Edge = edge;
        Serving = connection.ServeAsync(handler, default);
    }

    public static TimeSpan Limit { get; } = TimeSpan.FromSeconds(20);

    /// <summary>A certificate for the name that connectors ask for; its own authority.</summary>
    public static X509Certificate2 Certificate { get; } = CreateCertificate(EdgeServerNames.Http2);

    /// <summary>The edge's end of the TLS stream.</summary>
    public SslStream Edge { get; }

    public Task Serving { get; }

    public static async Task<Dialled> StartAsync(IEdgeConnectionHandler handler)
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var dialer = new Http2EdgeDialer(EdgeTrust.Only(Certificate));
        var dialling = dialer.DialAsync((IPEndPoint)listener.LocalEndpoint, 0, default);
        var edge = new SslStream(new NetworkStream(await listener.AcceptSocketAsync(), ownsSocket: true));
        await edge.AuthenticateAsServerAsync(Certificate);
        return new Dialled(dialer, await dialling.WaitAsync(Limit), edge, handler);
    }

    /// <summary>The platform's HTTP/2 client on the edge's end.</summary>
    public HttpMessageInvoker CreateClient() => new(new SocketsHttpHandler
    {
        ConnectCallback = (_, _) => ValueTask.FromResult<Stream>(Edge),
        EnableMultipleHttp2Connections = false,
        UseProxy = false,
        UseCookies = false,
        ActivityHeadersPropagator = null,
        RequestHeaderEncodingSelector = (_, _) => System.Text.Encoding.Latin1,
    });

    public static X509Certificate2 CreateCertificate(string name)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName(name);
        request.CertificateExtensions.Add(names.Build());
        return request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
    }

    public async ValueTask DisposeAsync()
    {
        await _connection.DisposeAsync();
        await Edge.DisposeAsync();
        await _dialer.DisposeAsync();
    }
}
