using System.Net;
using System.Net.Sockets;
using Culvert.Engine.Origins;
using Culvert.Engine.Origins.Http;
using Culvert.Engine.Origins.Tcp;
using Culvert.Engine.Tests.Fixtures;
using Culvert.Engine.Tests.Origins.Http;
using Culvert.Transports.Streams;
using Xunit.Abstractions;

namespace Culvert.Engine.Tests.Origins;

/// <summary>What a request costs that waits for its origin: no buffer, only the objects of two sockets' worth of state.</summary>
[Collection(nameof(AllocationCollection))]
public sealed class WaitingMemoryTests(ITestOutputHelper output)
{
    private const int Requests = 300;

    /// <summary>The figures measured are 5 to 6 KiB; a pipe's first block alone would be 4 KiB more.</summary>
    private const int MaxBytes = 9 * 1024;

    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    [Theory]
    [InlineData("slow")]
    [InlineData("websocket")]
    [InlineData("tcp in websocket")]
    [InlineData("private tcp")]
    public async Task Request_that_waits_holds_no_buffers(string kind)
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start(Requests);
        var port = ((IPEndPoint)listener.LocalEndpoint).Port;
        await using IOrigin origin = kind switch
        {
            "private tcp" => new PrivateNetworkOrigin(),
            "tcp in websocket" => new TcpServiceOrigin($"127.0.0.1:{port}"),
            _ => new HttpOrigin(new Uri($"http://127.0.0.1:{port}")),
        };
        using var given = new CancellationTokenSource();
        var streams = Enumerable.Range(0, Requests).Select(_ => Create(kind, port)).ToArray();
        var sockets = new Socket[Requests];
        var serving = new Task[Requests];
        var before = GC.GetTotalMemory(forceFullCollection: true);
        for (var i = 0; i < Requests; i++)
        {
            serving[i] = origin.ServeAsync(streams[i], given.Token).AsTask();
            sockets[i] = await listener.AcceptSocketAsync().WaitAsync(Limit);
            await BeginAsync(kind, sockets[i], streams[i]);
        }

        var bytes = (GC.GetTotalMemory(forceFullCollection: true) - before) / Requests;
        output.WriteLine($"{kind}: {bytes} bytes per request in wait");
        Assert.InRange(bytes, 0, MaxBytes);
        await given.CancelAsync();
        await Record.ExceptionAsync(() => Task.WhenAll(serving).WaitAsync(Limit));
        Array.ForEach(sockets, socket => socket.Dispose());
        Array.ForEach(streams, stream => stream.Dispose());
    }

    private static FakeEdgeStream Create(string kind, int port)
    {
        var stream = new FakeEdgeStream(authority: $"127.0.0.1:{port}");
        stream.Request.Kind = kind switch
        {
            "slow" => StreamKind.Http,
            "private tcp" => StreamKind.Tcp,
            _ => StreamKind.WebSocket,
        };
        return stream;
    }

    private static async Task BeginAsync(string kind, Socket socket, FakeEdgeStream stream)
    {
        if (kind is "slow" or "websocket")
        {
            var buffer = new byte[1024];
            Assert.NotEqual(0, await socket.ReceiveAsync(buffer).WaitAsync(Limit));
        }

        if (kind == "websocket")
        {
            await socket.SendAsync("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n"u8.ToArray());
        }

        if (kind != "slow")
        {
            await stream.HeadCame;
        }
    }
}
