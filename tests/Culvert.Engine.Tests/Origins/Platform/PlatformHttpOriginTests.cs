using System.Net;
using Culvert.Engine.Origins;
using Culvert.Engine.Origins.Http;
using Culvert.Engine.Origins.Platform;
using Culvert.Engine.Tests.Fixtures;
using Culvert.Ingress.OriginRequests;
using Culvert.Transports.Streams;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Logging;

namespace Culvert.Engine.Tests.Origins.Platform;

/// <summary>Origins over HTTP/2 and behind forward proxies.</summary>
public sealed class PlatformHttpOriginTests : IDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("culvert");
    private readonly TestCertificate _certificate = new("localhost");
    private string? _asked;

    [Fact]
    public async Task Http2_request_has_the_visitors_host_path_and_headers()
    {
        var seen = "";
        await using var server = await StartAsync(context =>
        {
            var request = context.Request;
            var feature = context.Features.Get<IHttpRequestFeature>()!;
            seen = $"{request.Protocol} {request.Method} {request.Host} {feature.RawTarget} {request.Headers["x-one"]} {_asked} "
                + $"{request.Headers.ContainsKey("user-agent")} {request.Headers.AcceptEncoding}";
            context.Response.Headers["X-Two"] = new[] { "a", "b" };
            return context.Response.WriteAsync("ok");
        });
        using var stream = new FakeEdgeStream(authority: "demo.example:8080", target: "/p%2Fq//a/../b?x=1&y=%20z");
        stream.Request.Headers.Add("X-One", "1");
        await server.Origin.ServeAsync(stream, default).AsTask().WaitAsync(Limit);

        Assert.Equal("HTTP/2 GET demo.example:8080 /p%2Fq//a/../b?x=1&y=%20z 1 localhost False ", seen);
        Assert.Equal("200", stream.Head![0]);
        Assert.Equal(["x-two: a", "x-two: b"], stream.Head.Where(line => line.StartsWith("x-two", StringComparison.Ordinal)));
        Assert.Equal("ok", await stream.ReadToEndAsync());
    }

    [Fact]
    public async Task Both_bodies_stream_at_once_and_trailers_follow()
    {
        await using var server = await StartAsync(async context =>
        {
            context.Response.DeclareTrailer("grpc-status");
            await context.Response.Body.FlushAsync();
            var buffer = new byte[100];
            for (int read; (read = await context.Request.Body.ReadAsync(buffer)) > 0;)
            {
                await context.Response.Body.WriteAsync(buffer.AsMemory(0, read));
                await context.Response.Body.FlushAsync();
            }

            context.Response.AppendTrailer("grpc-status", "0");
        });
        using var stream = new FakeEdgeStream("POST");
        stream.Request.HasBody = true;
        var serving = server.Origin.ServeAsync(stream, default).AsTask();
        await stream.HeadCame;
        foreach (var part in new[] { "one", "two" })
        {
            await stream.Body.WriteAsync(System.Text.Encoding.ASCII.GetBytes(part));
            Assert.Equal(part, await stream.ReadAsync(3));
        }

        await stream.Body.CompleteAsync();
        await serving.WaitAsync(Limit);
        Assert.Equal(["grpc-status: 0"], stream.Trailers);
    }

    [Fact]
    public async Task Early_answer_ends_an_upload_that_nobody_wants()
    {
        await using var server = await StartAsync(context =>
        {
            context.Response.StatusCode = 413;
            return context.Response.WriteAsync("no");
        });
        using var stream = new FakeEdgeStream("POST");
        stream.Request.HasBody = true;
        await server.Origin.ServeAsync(stream, default).AsTask().WaitAsync(Limit);

        Assert.Equal("413", stream.Head![0]);
        Assert.Equal("no", await stream.ReadToEndAsync());
    }

    [Fact]
    public async Task Response_that_is_cut_short_is_a_failure_after_the_head()
    {
        await using var server = await StartAsync(async context =>
        {
            await context.Response.WriteAsync("begin");
            await context.Response.Body.FlushAsync();
            context.Abort();
        });
        using var stream = new FakeEdgeStream();
        var error = await Record.ExceptionAsync(() => server.Origin.ServeAsync(stream, default).AsTask().WaitAsync(Limit));

        Assert.NotNull(error);
        Assert.IsNotType<TimeoutException>(error);
        Assert.True(stream.HeadSent);
    }

    [Fact]
    public async Task Edge_that_gives_up_cancels_the_origins_request()
    {
        var cancelled = new TaskCompletionSource();
        await using var server = await StartAsync(async context =>
        {
            context.RequestAborted.Register(() => cancelled.TrySetResult());
            await context.Response.WriteAsync("begin");
            await context.Response.Body.FlushAsync();
            await cancelled.Task;
        });
        using var stream = new FakeEdgeStream();
        using var given = new CancellationTokenSource();
        var serving = server.Origin.ServeAsync(stream, given.Token).AsTask();
        Assert.Equal("begin", await stream.ReadAsync(5));
        await given.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => serving.WaitAsync(Limit));
        await cancelled.Task.WaitAsync(Limit);
    }

    [Fact]
    public async Task Port_that_refuses_reads_as_in_the_original()
    {
        using var server = new RawOrigin();
        var port = server.Address.Port;
        server.Dispose();
        await using var origin = new PlatformHttpOrigin(
            HttpOriginAddress.Of(new Uri($"https://127.0.0.1:{port}")), OriginRequest.Default with { Http2Origin = true });
        using var stream = new FakeEdgeStream();

        var error = await Assert.ThrowsAsync<OriginException>(() => origin.ServeAsync(stream, default).AsTask());
        Assert.StartsWith("Unable to reach the origin service.", error.Message);
        Assert.EndsWith($": dial tcp 127.0.0.1:{port}: connect: connection refused", error.Message);
    }

    [Fact]
    public async Task Plain_request_goes_through_the_proxy_in_absolute_form()
    {
        using var proxy = new RawOrigin();
        await using var origin = new PlatformHttpOrigin(
            HttpOriginAddress.Of(new Uri("http://web.test:8080")), OriginRequest.Default, new WebProxy(proxy.Address));
        using var stream = new FakeEdgeStream(authority: "demo.example", target: "/a/../b");
        var serving = origin.ServeAsync(stream, default).AsTask();
        using var connection = await proxy.AcceptAsync();
        var head = await connection.ReadHeadAsync();
        await connection.WriteAsync(
            "HTTP/1.1 200 OK\r\nConnection: close\r\nTransfer-Encoding: chunked\r\nSet-Cookie: a\r\nSet-Cookie: b\r\n\r\n2\r\n" +
            "ok\r\n0\r\nX-T: 1\r\n\r\n");
        await serving.WaitAsync(Limit);

        Assert.Equal("GET http://web.test:8080/a/../b HTTP/1.1", head[0]);
        Assert.Contains("Host: demo.example", head);
        Assert.Equal(["200", "Set-Cookie: a", "Set-Cookie: b"], stream.Head!);
        Assert.Equal("ok", await stream.ReadToEndAsync());
        Assert.Equal(["X-T: 1"], stream.Trailers);
    }

    [Fact]
    public async Task WebSocket_through_a_proxy_is_an_http1_upgrade()
    {
        using var proxy = new RawOrigin();
        await using var origin = new PlatformHttpOrigin(
            HttpOriginAddress.Of(new Uri("http://web.test")), OriginRequest.Default with { Http2Origin = true },
            new WebProxy(proxy.Address));
        using var stream = new FakeEdgeStream();
        stream.Request.Kind = StreamKind.WebSocket;
        stream.Request.Headers.Add("Sec-WebSocket-Key", "abc");
        var serving = origin.ServeAsync(stream, default).AsTask();
        using (var connection = await proxy.AcceptAsync())
        {
            var head = await connection.ReadHeadAsync();
            Assert.Contains("Upgrade: websocket", head);
            Assert.Contains("Connection: Upgrade", head);
            await connection.WriteAsync(
                "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\nearly");
            Assert.Equal("early", await stream.ReadAsync(5));
            Assert.Equal("101", stream.Head![0]);
            await stream.Body.WriteAsync("up"u8.ToArray());
            await connection.ReadUntilAsync("up");
        }

        await serving.WaitAsync(Limit);
    }

    public void Dispose()
    {
        _certificate.Dispose();
        _folder.Delete(recursive: true);
    }

    private async Task<Server> StartAsync(RequestDelegate answer)
    {
        var builder = WebApplication.CreateBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0, listen =>
        {
            listen.Protocols = HttpProtocols.Http1AndHttp2;
            listen.UseHttps(tls => tls.ServerCertificateSelector = (_, name) =>
            {
                _asked = name;
                return _certificate.Certificate;
            });
        }));
        var server = builder.Build();
        server.Run(answer);
        await server.StartAsync();
        var origin = new PlatformHttpOrigin(
            HttpOriginAddress.Of(new Uri($"https://localhost:{new Uri(server.Urls.First()).Port}")),
            OriginRequest.Default with { Http2Origin = true, CaPool = _certificate.WritePem(_folder.FullName) });
        return new Server(server, origin);
    }

    private sealed class Server(WebApplication server, PlatformHttpOrigin origin) : IAsyncDisposable
    {
        public PlatformHttpOrigin Origin => origin;

        public async ValueTask DisposeAsync()
        {
            await origin.DisposeAsync();
            await server.StopAsync(new CancellationToken(canceled: true));
            await server.DisposeAsync();
        }
    }
}
