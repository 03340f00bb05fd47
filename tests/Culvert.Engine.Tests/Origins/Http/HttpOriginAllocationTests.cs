using System.Net;
using System.Net.Sockets;
using Culvert.Engine.Origins.Http;
using Culvert.Engine.Tests.Fixtures;
using Xunit.Abstractions;

namespace Culvert.Engine.Tests.Origins.Http;

/// <summary>Alone, because the bytes of the whole process are counted: an exchange moves between threads.</summary>
[CollectionDefinition(nameof(AllocationCollection), DisableParallelization = true)]
public sealed class AllocationCollection;

[Collection(nameof(AllocationCollection))]
public sealed class HttpOriginAllocationTests(ITestOutputHelper output)
{
    private const int Requests = 2000;

    /// <summary>
    /// What remains are misses of the runtime's pools of asynchronous state: each core keeps one object of a kind, and an
    /// exchange that moves between threads finds it taken now and then.
    /// </summary>
#if DEBUG
    // Without optimisation the state of every asynchronous method is an object.
    private const int MaxBytesPerRequest = 2000;
#else
    private const int MaxBytesPerRequest = 64;
#endif

    [Fact]
    public async Task Exchange_on_a_kept_connection_allocates_little()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var responder = RespondAsync(listener);
        await using var origin = new HttpOrigin(new Uri($"http://{listener.LocalEndpoint}"));
        using var stream = new CountlessStream();
        stream.Request.Headers.Add("User-Agent", "test");
        stream.Request.Headers.Add("Accept", "*/*");
        await RunAsync(origin, stream);
        var least = long.MaxValue;
        for (var round = 0; round < 3; round++)
        {
            var before = GC.GetTotalAllocatedBytes(precise: true);
            await RunAsync(origin, stream);
            least = Math.Min(least, (GC.GetTotalAllocatedBytes(precise: true) - before) / Requests);
        }

        output.WriteLine($"{least} bytes per request");
        Assert.InRange(least, 0, MaxBytesPerRequest);
        Assert.Equal(Requests * 4, stream.Heads);
        await origin.DisposeAsync();
        await responder;
    }

    private static async Task RunAsync(HttpOrigin origin, CountlessStream stream)
    {
        for (var i = 0; i < Requests; i++)
        {
            await origin.ServeAsync(stream, default).ConfigureAwait(false);
        }
    }

    private static async Task RespondAsync(TcpListener listener)
    {
        using var socket = await listener.AcceptSocketAsync();
        var response = "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 5\r\n\r\nhello"u8.ToArray();
        var request = new byte[4096];
        var end = 0;

        // Blocking on a thread of its own: what it does must not count.
        await Task.Factory.StartNew(
            () =>
            {
                for (int read; (read = Receive(socket, request, end)) > 0;)
                {
                    end += read;
                    if (request.AsSpan(0, end).EndsWith("\r\n\r\n"u8))
                    {
                        socket.Send(response);
                        end = 0;
                    }
                }
            },
            TaskCreationOptions.LongRunning);
    }

    private static int Receive(Socket socket, byte[] buffer, int start)
    {
        try
        {
            return socket.Receive(buffer.AsSpan(start));
        }
        catch (SocketException)
        {
            return 0;
        }
    }
}
