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
    [InlineData("quic", 512)]
    [InlineData("http2", 8192)]
    public async Task KeptVisitor_CostsFewBytesARequest(string transport, long limit)
    {
        using var origin = new QuietOrigin(
            "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 2\r\nDate: Sun, 22 Nov 2026 10:00:00 GMT\r\n\r\nok"u8);
        await using var edge = await TestEdge.StartAsync();
        var (credentials, hostname) = edge.AddTunnel();
        await using var connector = await ConnectorProcess.StartAsync(edge, credentials, transport, origin.Address);
        using var visitor = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await visitor.ConnectAsync(edge.Node.VisitorEndPoint);
        var request = Encoding.ASCII.GetBytes($"GET /index.html HTTP/1.1\r\nHost: {hostname}\r\nUser-Agent: test\r\nAccept: */*\r\n\r\n");
        Run(visitor, request);

        // The least of some rounds: timers of the process allocate now and then.
        var least = long.MaxValue;
        for (var round = 0; round < 3; round++)
        {
            var before = GC.GetTotalAllocatedBytes(precise: true);
            Run(visitor, request);
            least = Math.Min(least, (GC.GetTotalAllocatedBytes(precise: true) - before) / Requests);
        }

        output.WriteLine($"{least} bytes a request");
        Assert.InRange(least, 0, limit);
    }

    // Blocking sockets, which allocate nothing.
    private static void Run(Socket visitor, byte[] request)
    {
        Span<byte> buffer = stackalloc byte[4096];
        for (var i = 0; i < Requests; i++)
        {
            visitor.Send(request);
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
}
