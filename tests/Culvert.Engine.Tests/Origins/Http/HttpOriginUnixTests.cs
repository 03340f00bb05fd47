using System.Net.Security;
using System.Net.Sockets;
using System.Text;
using Culvert.Engine.Origins;
using Culvert.Engine.Origins.Http;
using Culvert.Engine.Tests.Fixtures;
using Culvert.Ingress.OriginRequests;
using Culvert.Transports.Streams;

namespace Culvert.Engine.Tests.Origins.Http;

/// <summary>Origins on unix sockets (http2-and-proxy, section 5.3; C-44).</summary>
public sealed class HttpOriginUnixTests : IDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(20);

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("culvert");
    private readonly Socket _listener = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);

    public HttpOriginUnixTests()
    {
        _listener.Bind(new UnixDomainSocketEndPoint(SocketPath));
        _listener.Listen();
    }

    private string SocketPath => Path.Combine(_folder.FullName, "origin");

    [Fact]
    public async Task C44_requests_share_a_connection_and_keep_their_host_whatever_the_settings_say()
    {
        await using var origin = new HttpOrigin(
            HttpOriginAddress.Unix(SocketPath), OriginRequest.Default with { HttpHostHeader = "other" });
        var answering = AnswerAsync(times: 2);
        for (var i = 0; i < 2; i++)
        {
            using var stream = new FakeEdgeStream(authority: "demo.example");
            await origin.ServeAsync(stream, default).AsTask().WaitAsync(Limit);
            Assert.Equal("ok", await stream.ReadToEndAsync());
        }

        Assert.All(await answering.WaitAsync(Limit), head => Assert.Contains("Host: demo.example\r\n", head));
    }

    [Fact]
    public async Task C44_websocket_over_a_unix_socket_works()
    {
        await using var origin = new HttpOrigin(HttpOriginAddress.Unix(SocketPath));
        using var stream = new FakeEdgeStream(authority: "");
        stream.Request.Kind = StreamKind.WebSocket;
        var serving = origin.ServeAsync(stream, default).AsTask();
        using (var socket = await _listener.AcceptAsync())
        {
            using var peer = new NetworkStream(socket);
            Assert.Contains("Host: localhost\r\n", await ReadHeadAsync(peer));
            await peer.WriteAsync(
                "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\nearly"u8.ToArray());
            Assert.Equal("early", await stream.ReadAsync(5));
            await stream.Body.WriteAsync("up"u8.ToArray());
            var bytes = new byte[2];
            await peer.ReadExactlyAsync(bytes).AsTask().WaitAsync(Limit);
            Assert.Equal("up"u8.ToArray(), bytes);
        }

        await serving.WaitAsync(Limit);
    }

    [Theory]
    [InlineData("demo.example", "demo.example")]
    [InlineData("demo.example:8443", "demo.example")]
    [InlineData("demo.example", "localhost")]
    public async Task Certificate_for_the_visitors_host_or_for_localhost_is_accepted(string host, string certificate)
    {
        using var authority = new TestCertificate(certificate);
        var settings = OriginRequest.Default with { CaPool = authority.WritePem(_folder.FullName) };
        await using var origin = new HttpOrigin(HttpOriginAddress.Unix(SocketPath, tls: true), settings);
        var answering = AnswerAsync(times: 1, authority);
        using var stream = new FakeEdgeStream(authority: host);
        await origin.ServeAsync(stream, default).AsTask().WaitAsync(Limit);

        Assert.Equal("200", stream.Head![0]);
        await answering.WaitAsync(Limit);
    }

    [Theory]
    [InlineData("gone", "connect: no such file or directory")]
    [InlineData("", "connect: ")]
    public async Task Path_without_a_listener_reads_as_in_the_original(string path, string text)
    {
        var full = path.Length == 0 ? "" : Path.Combine(_folder.FullName, path);
        await using var origin = new HttpOrigin(HttpOriginAddress.Unix(full));
        using var stream = new FakeEdgeStream();

        var error = await Assert.ThrowsAsync<OriginException>(() => origin.ServeAsync(stream, default).AsTask());
        Assert.Contains($"dial unix {full}: {text}", error.Message);
    }

    public void Dispose()
    {
        _listener.Dispose();
        _folder.Delete(recursive: true);
    }

    private static async Task<string> ReadHeadAsync(Stream stream)
    {
        var text = new StringBuilder();
        var buffer = new byte[1];
        while (!text.ToString().EndsWith("\r\n\r\n", StringComparison.Ordinal) && await stream.ReadAsync(buffer) == 1)
        {
            text.Append((char)buffer[0]);
        }

        return text.ToString();
    }

    private async Task<List<string>> AnswerAsync(int times, TestCertificate? certificate = null)
    {
        using var socket = await _listener.AcceptAsync();
        Stream peer = new NetworkStream(socket);
        if (certificate is not null)
        {
            var tls = new SslStream(peer);
            await tls.AuthenticateAsServerAsync(
                new SslServerAuthenticationOptions { ServerCertificate = certificate.Certificate });
            peer = tls;
        }

        var heads = new List<string>();
        for (var i = 0; i < times; i++)
        {
            heads.Add(await ReadHeadAsync(peer));
            await peer.WriteAsync("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"u8.ToArray());
        }

        await peer.DisposeAsync();
        return heads;
    }
}
