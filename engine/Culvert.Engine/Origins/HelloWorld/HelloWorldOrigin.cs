using Culvert.Engine.Origins.Http;
using Culvert.Transports.Streams;

namespace Culvert.Engine.Origins.HelloWorld;

/// <summary>The built-in demo origin: a web server on a random loopback port, reached like any other origin.</summary>
public sealed class HelloWorldOrigin : IOrigin
{
    private readonly HttpOrigin _origin;
    private int _left;

    private HelloWorldOrigin(HttpOrigin origin) => _origin = origin;

    /// <summary>Starts the server, or joins those who use it already.</summary>
    /// <exception cref="IOException">No loopback port could be bound.</exception>
    public static async Task<HelloWorldOrigin> StartAsync(CancellationToken cancellationToken) =>
        new(new HttpOrigin(await HelloWorldServer.JoinAsync(cancellationToken).ConfigureAwait(false)));

    /// <inheritdoc/>
    public ValueTask ServeAsync(EdgeStream stream, CancellationToken cancellationToken) =>
        _origin.ServeAsync(stream, cancellationToken);

    /// <inheritdoc/>
    public void Retire() => _origin.Retire();

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _left, 1) == 0)
        {
            await _origin.DisposeAsync().ConfigureAwait(false);
            await HelloWorldServer.LeaveAsync().ConfigureAwait(false);
        }
    }
}
