using System.Buffers;
using System.Net;
using System.Security.Cryptography.X509Certificates;
using Culvert.Edge.Certificates;
using Culvert.Transports.Connections;
using Culvert.Transports.DataStreams;
using Culvert.Transports.Quic;
using Culvert.Transports.Quic.ConnectorRole;
using Culvert.Transports.Tls;

namespace Culvert.EndToEnd.Tests.Fixtures;

/// <summary>
/// One QUIC connection of a connector in this process, and an edge that sends the same request again and again and allocates
/// nothing for it, so that what the process allocates is what is under test.
/// </summary>
internal sealed class QuietEdge : IAsyncDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private readonly EdgeCertificates _certificates;
    private readonly QuicListener _listener;
    private readonly QuicEdgeDialer _dialer;
    private readonly Task _serving;
    private readonly byte[] _request;

    private QuietEdge(
        EdgeCertificates certificates, QuicListener listener, QuicEdgeDialer dialer, EdgeConnection connector,
        QuicConnection edge,
        IEdgeConnectionHandler handler)
    {
        (_certificates, _listener, _dialer, Connection) = (certificates, listener, dialer, edge);
        _serving = connector.ServeAsync(handler, _stop.Token);
        using var writer = new ConnectRequestWriter();
        writer.Start(ConnectionType.Http, "https://demo.example/index.html?x=1"u8);
        writer.Add(MetadataKey.HttpMethod, "GET"u8);
        writer.Add(MetadataKey.HttpHost, "demo.example"u8);
        writer.AddHeader("User-Agent"u8, "test/1.0"u8);
        writer.AddHeader("Accept"u8, "*/*"u8);
        writer.AddHeader("X-Forwarded-For"u8, "192.0.2.1"u8);
        var bytes = new ArrayBufferWriter<byte>();
        writer.WriteTo(bytes);
        _request = bytes.WrittenSpan.ToArray();
    }

    /// <summary>The edge's end.</summary>
    public QuicConnection Connection { get; }

    public static async Task<QuietEdge> StartAsync(IEdgeConnectionHandler handler)
    {
        var certificates = EdgeCertificates.CreateInMemory(DateTimeOffset.UtcNow);
        using var key = certificates.Server.GetECDsaPrivateKey()!;
        var listener = await QuicListener.BindAsync(new QuicServerOptions
        {
            EndPoint = new IPEndPoint(IPAddress.Loopback, 0),
            ApplicationProtocols = [QuicEdgeDialer.ApplicationProtocol],
            CertificatePem = $"{certificates.Server.ExportCertificatePem()}\n{certificates.Authority.ExportCertificatePem()}\n",
            PrivateKeyPem = key.ExportPkcs8PrivateKeyPem(),
            Transport = new QuicTransportOptions { InlineContinuations = true },
        });
        var dialer = new QuicEdgeDialer(EdgeTrust.Only(certificates.Authority));
        var connector = await dialer.DialAsync(listener.LocalEndPoint, 0, CancellationToken.None).InTime();
        return new QuietEdge(certificates, listener, dialer, connector, await listener.AcceptAsync().InTime(), handler);
    }

    /// <summary>Opens a stream and sends the request on it; waits while the connector allows no more streams.</summary>
    public async Task<QuicStream> SendAsync()
    {
        var stream = await Connection.OpenStreamAsync();
        Send(stream);
        return stream;
    }

    /// <summary>Sends so many requests, one after the other, and reads each response to its end.</summary>
    public async Task RunAsync(int requests)
    {
        for (var i = 0; i < requests; i++)
        {
            var stream = await Connection.OpenStreamAsync();
            Send(stream);
            var length = 0L;
            bool ended;
            do
            {
                var read = await stream.Input.ReadAsync();
                length += read.Buffer.Length;
                ended = read.IsCompleted;
                stream.Input.AdvanceTo(read.Buffer.End);
            }
            while (!ended);
            await stream.DisposeAsync();
            if (length < 16)
            {
                throw new InvalidDataException($"a response of {length} bytes");
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _serving.InTime();
        await _listener.DisposeAsync();
        await _dialer.DisposeAsync();
        _certificates.Dispose();
        _stop.Dispose();
    }

    private void Send(QuicStream stream)
    {
        stream.Output.Write(_request);
        stream.Output.Complete();
    }
}
