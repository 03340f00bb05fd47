using System.Net;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace Culvert.Engine.Origins.HelloWorld;

/// <summary>
/// The web server of the demo page, on a loopback port that the system chooses. There is one for all rules of the process, from
/// the first that wants it to the last: the platform's server leaves a few kilobytes behind each time, and rules may change
/// often. Thread-safe.
/// </summary>
internal static class HelloWorldServer
{
    private static readonly SemaphoreSlim Turn = new(1, 1);
    private static KestrelServer? _server;
    private static Uri? _address;
    private static int _users;

    /// <summary>Starts the server unless it runs. Each call is paired with one of <see cref="LeaveAsync"/>.</summary>
    /// <returns>Where it listens.</returns>
    /// <exception cref="IOException">No loopback port could be bound; nothing has to be left.</exception>
    public static async Task<Uri> JoinAsync(CancellationToken cancellationToken)
    {
        await Turn.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            _address ??= await StartAsync(cancellationToken).ConfigureAwait(false);
            _users++;
            return _address;
        }
        finally
        {
            Turn.Release();
        }
    }

    /// <summary>Stops the server when the last user leaves; connections that are open are cut.</summary>
    public static async ValueTask LeaveAsync()
    {
        await Turn.WaitAsync().ConfigureAwait(false);
        try
        {
            if (--_users == 0)
            {
                await _server!.StopAsync(new CancellationToken(canceled: true)).ConfigureAwait(false);
                _server.Dispose();
                (_server, _address) = (null, null);
            }
        }
        finally
        {
            Turn.Release();
        }
    }

    private static async Task<Uri> StartAsync(CancellationToken cancellationToken)
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
        try
        {
            await server.StartAsync(new HelloWorldApplication(TimeProvider.System), cancellationToken).ConfigureAwait(false);
        }
        catch
        {
            server.Dispose();
            throw;
        }

        _server = server;
        return new Uri($"http://{listener!.IPEndPoint}");
    }
}
