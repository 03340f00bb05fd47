using System.Net;
using System.Net.Sockets;

namespace Culvert.EndToEnd.Tests.Fixtures;

/// <summary>An origin that follows a script on each connection, byte by byte.</summary>
internal sealed class RawOrigin : IAsyncDisposable
{
    // Bound, so that nobody else gets the port, and never listening, so that connections are refused.
    private static readonly Socket Nobody = CreateNobody();

    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly Func<RawPeer, Task> _script;
    private int _connections;

    private RawOrigin(Func<RawPeer, Task> script)
    {
        _script = script;
        _listener.Start();
        _ = AcceptAsync();
    }

    /// <summary>An address where nothing listens.</summary>
    public static Uri NobodysAddress => new($"http://{Nobody.LocalEndPoint}");

    public Uri Address => new($"http://{_listener.LocalEndpoint}");

    public int Connections => Volatile.Read(ref _connections);

    /// <summary>Starts an origin; the script's connection is closed when the script ends.</summary>
    public static RawOrigin Start(Func<RawPeer, Task> script) => new(script);

    /// <summary>Starts an origin that answers every request with the same bytes and keeps connections open.</summary>
    public static RawOrigin Answering(string response) => Start(async peer =>
    {
        while (true)
        {
            await peer.ReadHeadAsync();
            await peer.WriteAsync(response);
        }
    });

    public ValueTask DisposeAsync()
    {
        _listener.Dispose();
        return ValueTask.CompletedTask;
    }

    private static Socket CreateNobody()
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return socket;
    }

    private async Task AcceptAsync()
    {
        while (true)
        {
            Socket socket;
            try
            {
                socket = await _listener.AcceptSocketAsync();
            }
            catch (Exception e) when (e is SocketException or InvalidOperationException)
            {
                // A listener that was stopped between two of them does not say that it is disposed of.
                return;
            }

            Interlocked.Increment(ref _connections);
            socket.NoDelay = true;
            _ = RunAsync(new RawPeer(socket));
        }
    }

    private async Task RunAsync(RawPeer peer)
    {
        await using (peer)
        {
            // A script fails when its peer goes away; what a test asserts it asserts outside.
            await _script(peer).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }
}
