using System.Net;
using System.Net.WebSockets;
using System.Text;
using Culvert.Transports.Streams;
using Xunit.Abstractions;

namespace Culvert.EndToEnd.Tests.Orchestration;

/// <summary>
/// The edge changes the configuration a thousand times while 200 HTTP connections, 100 WebSockets and 50 private TCP flows are in
/// use: no request fails, no connection is dropped, and of the old configurations nothing stays.
/// </summary>
[Collection(AloneCollection.Name)]
public sealed class SwapTests(ITestOutputHelper output)
{
    private const int Swaps = 1000;
    private const int Visitors = 200;
    private const int Sockets = 100;
    private const int Flows = 50;

    // What is done during one swap; who does it goes round.
    private const int RequestsEach = 10;
    private const int SocketsEach = 5;
    private const int FlowsEach = 3;

    // Half of the WebSockets and flows stay to the end; the others are opened again, one each swap.
    private const int Staying = 2;

    // How many swaps a held request goes on for.
    private const int HeldFor = 5;

    private const int WarmUp = 200;
    private const int FirstStatus = 400;

    // Buffers that pools keep come and go, about 2 MiB of them; configurations that stayed would add 50 KiB for each swap.
    private const long GrowthLimit = 8 * 1024 * 1024;
    private const int DescriptorSlack = 100;

    [Theory, ClassData(typeof(EveryTransport))]
    public async Task U08_U11_A_thousand_swaps_under_load_lose_nothing_and_leave_nothing(string transport)
    {
        await using var lab = await SwapLab.StartAsync(transport, connections: 2);
        try
        {
            await RunAsync(lab, transport);
        }
        finally
        {
            output.WriteLine(lab.Log.ToString());
        }
    }

    private async Task RunAsync(SwapLab lab, string transport)
    {
        await lab.SwapAsync(FirstStatus);
        var visitors = Enumerable.Range(0, Visitors).Select(_ => lab.CreateVisitor()).ToArray();
        foreach (var batch in visitors.Chunk(RequestsEach))
        {
            await Task.WhenAll(batch.Select(WebAsync));
        }

        var descriptors = OpenDescriptors();
        var sockets = await Task.WhenAll(Enumerable.Range(0, Sockets).Select(_ => lab.ConnectSocketAsync()));
        var flows = await Task.WhenAll(Enumerable.Range(0, Flows).Select(_ => lab.OpenFlowAsync()));
        using var holder = lab.CreateVisitor();
        var held = new Queue<Task>();
        var warm = 0L;
        for (var swap = 1; swap <= Swaps; swap++)
        {
            var status = FirstStatus + (swap % 100);
            held.Enqueue(WebAsync(holder, $"/held?{swap}"));
            var swapping = lab.SwapAsync(status);
            await Task.WhenAll(
            [
                .. Turn(visitors, swap, RequestsEach).Select(WebAsync),
                .. Turn(sockets, swap, SocketsEach).Select(EchoAsync),
                .. Turn(flows, swap, FlowsEach).Select(EchoAsync),
                HelloAsync(visitors[(swap + 1) * RequestsEach % Visitors]),
            ]);
            await swapping;
            await AssertStatusAsync(visitors[swap % Visitors], status);
            await ReopenAsync(lab, sockets, flows, swap);
            if (swap > HeldFor)
            {
                lab.Release(swap - HeldFor);
                await held.Dequeue().InTime();
            }

            if (swap == WarmUp)
            {
                warm = GC.GetTotalMemory(forceFullCollection: true);
            }
        }

        var growth = GC.GetTotalMemory(forceFullCollection: true) - warm;
        Enumerable.Range(Swaps - HeldFor + 1, HeldFor).ToList().ForEach(lab.Release);
        await Task.WhenAll(held).InTime();
        Array.ForEach(sockets, socket => socket.Dispose());
        await Task.WhenAll(flows.Select(flow => flow.DisposeAsync().AsTask()));
        await Deadline.UntilAsync(() => lab.Connector.ReplacedConfigurations == 0, "all old origins have stopped");
        await Deadline.UntilAsync(() => OpenDescriptors() <= descriptors + DescriptorSlack, "their sockets are closed");

        output.WriteLine($"{transport}: the heap grew by {growth} bytes over {Swaps - WarmUp} swaps, "
            + $"descriptors went from {descriptors} to {OpenDescriptors()}");
        Assert.Equal(Visitors + HeldFor + 1, lab.VisitorConnections);
        Assert.True(growth < GrowthLimit, $"The heap grew by {growth} bytes");
    }

    private static IEnumerable<T> Turn<T>(T[] all, int swap, int count) =>
        Enumerable.Range(swap * count, count).Select(index => all[index % all.Length]);

    private static async Task ReopenAsync(SwapLab lab, WebSocket[] sockets, ConnectorStream[] flows, int swap)
    {
        var (socket, flow) = (swap % (Sockets / Staying), swap % (Flows / Staying));
        await sockets[socket].CloseAsync(WebSocketCloseStatus.NormalClosure, "next", default).InTime();
        sockets[socket].Dispose();
        sockets[socket] = await lab.ConnectSocketAsync();
        await flows[flow].DisposeAsync();
        flows[flow] = await lab.OpenFlowAsync();
    }

    private static Task WebAsync(HttpClient visitor) => WebAsync(visitor, "/web");

    private static async Task WebAsync(HttpClient visitor, string target)
    {
        using var response = await visitor.GetAsync(target);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal("ok", await response.Content.ReadAsStringAsync());
    }

    private static async Task HelloAsync(HttpClient visitor)
    {
        using var response = await visitor.GetAsync("/hello");
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Contains("Hello from Culvert", await response.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    private static async Task AssertStatusAsync(HttpClient visitor, int status)
    {
        using var response = await visitor.GetAsync("/other");
        Assert.Equal(status, (int)response.StatusCode);
    }

    private static async Task EchoAsync(WebSocket socket)
    {
        await socket.SendAsync("ping"u8.ToArray(), WebSocketMessageType.Binary, endOfMessage: true, default).InTime();
        var buffer = new byte[16];
        var received = await socket.ReceiveAsync(buffer.AsMemory(), default).InTime();
        Assert.Equal("ping", Encoding.ASCII.GetString(buffer, 0, received.Count));
    }

    private static async Task EchoAsync(ConnectorStream flow)
    {
        await flow.Output.WriteAsync("ping"u8.ToArray()).InTime();
        var read = await flow.Input.ReadAtLeastAsync(4).InTime();
        Assert.Equal("ping", Encoding.ASCII.GetString(read.Buffer));
        flow.Input.AdvanceTo(read.Buffer.End);
    }

    private static int OpenDescriptors() => Directory.GetFileSystemEntries("/proc/self/fd").Length;
}
