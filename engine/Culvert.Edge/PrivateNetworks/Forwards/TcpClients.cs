using System.Collections.Concurrent;
using System.IO.Pipelines;
using System.Net;
using System.Net.Sockets;

namespace Culvert.Edge.PrivateNetworks.Forwards;

/// <summary>Accepts TCP clients on one address and runs a task for each, up to a limit; others are closed at once.</summary>
internal sealed class TcpClients : IAsyncDisposable
{
    private const int Backlog = 512;

    private readonly int _limit;
    private readonly Func<Socket, PipeReader, CancellationToken, Task> _serve;
    private readonly Socket _listener;
    private readonly CancellationTokenSource _stopping = new();
    private readonly ConcurrentDictionary<long, Task> _running = new();
    private Task _accepting = Task.CompletedTask;
    private long _accepted;

    /// <param name="address">Where to listen.</param>
    /// <param name="limit">Most clients at a time.</param>
    /// <param name="serve">Serves one; socket and reader are closed afterwards, and a failure is the client's alone.</param>
    /// <exception cref="SocketException">The address cannot be bound.</exception>
    public TcpClients(IPEndPoint address, int limit, Func<Socket, PipeReader, CancellationToken, Task> serve)
    {
        _limit = limit;
        _serve = serve;
        _listener = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            _listener.Bind(address);
            _listener.Listen(Backlog);
        }
        catch
        {
            _listener.Dispose();
            throw;
        }

        LocalEndPoint = (IPEndPoint)_listener.LocalEndPoint!;
    }

    public IPEndPoint LocalEndPoint { get; }

    public void Start() => _accepting = AcceptAsync();

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync().ConfigureAwait(false);
        await _accepting.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _listener.Dispose();
        await Task.WhenAll(_running.Values).ConfigureAwait(false);
        _stopping.Dispose();
    }

    private async Task AcceptAsync()
    {
        while (true)
        {
            Socket socket;
            try
            {
                socket = await _listener.AcceptAsync(_stopping.Token).ConfigureAwait(false);
            }
            catch (SocketException)
            {
                // A client that was gone before it was accepted, or no descriptor is free: the next one may do better.
                await Task.Delay(10, _stopping.Token).ConfigureAwait(false);
                continue;
            }

            if (_running.Count >= _limit)
            {
                socket.Dispose();
                continue;
            }

            var id = ++_accepted;
            var run = RunAsync(socket);
            _running[id] = run;
            _ = run.ContinueWith(_ => _running.TryRemove(id, out Task? _), TaskScheduler.Default);
        }
    }

    // Never fails.
    private async Task RunAsync(Socket socket)
    {
        await Task.Yield();
        using (socket)
        {
            try
            {
                socket.NoDelay = true;
                var stream = new NetworkStream(socket, ownsSocket: false);
                await using (stream.ConfigureAwait(false))
                {
                    var input = PipeReader.Create(stream, new StreamPipeReaderOptions(
                        bufferSize: 16 * 1024, leaveOpen: true, useZeroByteReads: true));
                    try
                    {
                        await _serve(socket, input, _stopping.Token).ConfigureAwait(false);
                    }
                    finally
                    {
                        await input.CompleteAsync().ConfigureAwait(false);
                    }
                }
            }
            catch (Exception)
            {
                // A client or its tunnel that breaks off harms nobody else.
            }
        }
    }
}
