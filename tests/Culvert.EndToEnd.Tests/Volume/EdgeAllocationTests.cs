using System.Net.Sockets;
using System.Text;
using Xunit.Abstractions;

namespace Culvert.EndToEnd.Tests.Volume;

/// <summary>What the edge node allocates for a request that a connector in another process answers.</summary>
[Collection(AloneCollection.Name)]
public class EdgeAllocationTests(ITestOutputHelper output)
{
    private const int Requests = 2_000;

    [Theory]
    [InlineData("quic", 1, 512)]
    [InlineData("quic", 50, 512)]
    [InlineData("http2", 1, 8192)]
    public async Task KeptVisitors_CostFewBytesARequest(string transport, int visitors, long limit)
    {
        using var origin = new QuietOrigin(
            "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 2\r\n"u8
            + "Date: Sun, 22 Nov 2026 10:00:00 GMT\r\n\r\nok"u8);
        await using var edge = await TestEdge.StartAsync();
        var (credentials, hostname) = edge.AddTunnel();
        await using var connector = await ConnectorProcess.StartAsync(edge, credentials, transport, origin.Address);
        var sockets = new Socket[visitors];
        for (var i = 0; i < visitors; i++)
        {
            sockets[i] = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
            await sockets[i].ConnectAsync(edge.Node.VisitorEndPoint);
        }

        var request = Encoding.ASCII.GetBytes(
            $"GET /index.html HTTP/1.1\r\nHost: {hostname}\r\nUser-Agent: test\r\nAccept: */*\r\n\r\n");
        Run(sockets, request);

        // The least of some rounds: timers of the process allocate now and then.
        var least = long.MaxValue;
        for (var round = 0; round < 3; round++)
        {
            var before = GC.GetTotalAllocatedBytes(precise: true);
            Run(sockets, request);
            least = Math.Min(least, (GC.GetTotalAllocatedBytes(precise: true) - before) / Requests);
        }

        Array.ForEach(sockets, socket => socket.Dispose());
        output.WriteLine($"{least} bytes a request");
        Assert.InRange(least, 0, limit);
    }

    // Blocking sockets, which allocate nothing: each sends its request, then each takes its answer.
    private static void Run(Socket[] visitors, byte[] request)
    {
        Span<byte> buffer = stackalloc byte[4096];
        for (var i = 0; i < Requests / visitors.Length; i++)
        {
            foreach (var visitor in visitors)
            {
                visitor.Send(request);
            }

            foreach (var visitor in visitors)
            {
                ReadAnswer(visitor, buffer);
            }
        }
    }

    private static void ReadAnswer(Socket visitor, Span<byte> buffer)
    {
        var length = 0;
        do
        {
            var count = visitor.Receive(buffer[length..]);
            Assert.True(count > 0, "the edge closed the connection");
            length += count;
        }
        while (!buffer[..length].EndsWith("\r\n\r\nok"u8));
        if (!buffer.StartsWith("HTTP/1.1 200"u8))
        {
            Assert.Fail(Encoding.ASCII.GetString(buffer[..length]));
        }
    }
}
