using System.Net;
using Culvert.Engine.Origins.Http;
using Culvert.Transports.Streams;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace Culvert.Engine.Origins.HelloWorld;

/// <summary>The built-in demo origin: a web server on a random loopback port, reached like any other origin.</summary>
public sealed class HelloWorldOrigin : IOrigin
{
    private readonly KestrelServer _server;
    private readonly HttpOrigin _origin;

    private HelloWorldOrigin(KestrelServer server, HttpOrigin origin)
    {
        _server = server;
        _origin = origin;
    }

    /// <summary>Starts the server.</summary>
    /// <exception cref="IOException">No loopback port could be bound.</exception>
    public static async Task<HelloWorldOrigin> StartAsync(CancellationToken cancellationToken)
    {
        var options = new KestrelServerOptions { AddServerHeader = false };
        ListenOptions? listener = null;
        options.Listen(IPAddress.Loopback, 0, listen =>
        {
            listen.Protocols = HttpProtocols.Http1;
            listener = listen;
        });
        var transport = new SocketTransportFactory(
            Options.Create(new SocketTransportOptions()), NullLoggerFactory.Instance);
        var server = new KestrelServer(Options.Create(options), transport, NullLoggerFactory.Instance);
        await server.StartAsync(new HelloWorldApplication(TimeProvider.System), cancellationToken).ConfigureAwait(false);
        return new HelloWorldOrigin(server, new HttpOrigin(new Uri($"http://{listener!.IPEndPoint}")));
    }

    /// <inheritdoc/>
    public ValueTask ServeAsync(EdgeStream stream, CancellationToken cancellationToken) =>
        _origin.ServeAsync(stream, cancellationToken);

    /// <inheritdoc/>
    public void Retire() => _origin.Retire();

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _origin.DisposeAsync().ConfigureAwait(false);
        await _server.StopAsync(new CancellationToken(canceled: true)).ConfigureAwait(false);
        _server.Dispose();
    }
}
