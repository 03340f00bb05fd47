using Culvert.Transports.Connections;
using Culvert.Transports.Quic;
using Culvert.Transports.Quic.Streams;
using Culvert.Transports.Streams;
using Xunit.Abstractions;

namespace Culvert.EndToEnd.Tests.Volume;

/// <summary>Origins that do not answer: what the connector takes on, and what stays at the edge.</summary>
[Collection(AloneCollection.Name)]
public class PendingRequestsTests(ITestOutputHelper output)
{
    private readonly TaskCompletionSource _answer = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _held;

    [QuicFact]
    public async Task RequestsPastTheSlots_StayAtTheEdge()
    {
        const int Requests = 20_000;
        const int Capacity = 1_000;
        var slots = new StreamSlots(Capacity);
        var before = BlockPool.Shared.Rented;
        await using var edge = await QuietEdge.StartAsync(new PlainHandler(slots, HoldAsync));
        var window = (int)new QuicTransportOptions().MaxUnacceptedStreams;
        var responses = new Queue<Task<QuicStream>>();
        var sent = 0;
        var sending = Task.Run(async () =>
        {
            for (; sent < Requests; sent++)
            {
                var stream = await edge.SendAsync();
                lock (responses)
                {
                    responses.Enqueue(EndAsync(stream));
                }
            }
        });
        await Deadline.UntilAsync(() => Volatile.Read(ref _held) == Capacity, "the slots are full");
        await Deadline.UntilAsync(() => Volatile.Read(ref sent) >= window, "the edge has used its credit");

        // Credit is given for what was accepted, in batches; the edge must get no further than that.
        await Deadline.UntilAsync(() => slots.Taken == Capacity, "all slots are taken");
        Assert.InRange(Volatile.Read(ref sent), Capacity, Capacity + window);
        Assert.Equal(Capacity, Volatile.Read(ref _held));
        Assert.False(sending.IsCompleted);

        // A stream that waits holds the block with its head; one that was accepted holds none. The edge's own go when the
        // connector has acknowledged them, which may take a moment.
        await Deadline.UntilAsync(() => BlockPool.Shared.Rented - before <= window + 200, "accepted streams hold no block");
        output.WriteLine($"{sent} sent, {BlockPool.Shared.Rented - before} blocks");
        _answer.SetResult();
        await sending.InTime();
        foreach (var response in responses)
        {
            await (await response.InTime()).DisposeAsync();
        }

        Assert.Equal(Requests, Volatile.Read(ref _held));
        await Deadline.UntilAsync(() => slots.Taken <= 1, "every slot comes back but the one of the next stream");
    }

    [QuicFact]
    public async Task TenThousandSlowRequests_AreUnderWayOnOneConnection()
    {
        const int Requests = 10_000;
        await using var edge = await QuietEdge.StartAsync(new PlainHandler(new StreamSlots(), HoldAsync));
        var before = GC.GetTotalMemory(forceFullCollection: true);
        var responses = new List<Task<QuicStream>>();
        for (var i = 0; i < Requests; i++)
        {
            responses.Add(EndAsync(await edge.SendAsync().InTime()));
        }

        await Deadline.UntilAsync(() => Volatile.Read(ref _held) == Requests, "all are under way");
        var each = (GC.GetTotalMemory(forceFullCollection: true) - before) / Requests;
        output.WriteLine($"{each} bytes each, edge and connector together");
        Assert.InRange(each, 0, 16 * 1024);
        _answer.SetResult();
        foreach (var response in responses)
        {
            await (await response.InTime()).DisposeAsync();
        }
    }

    private static async Task<QuicStream> EndAsync(QuicStream stream)
    {
        while (true)
        {
            var read = await stream.Input.ReadAsync();
            stream.Input.AdvanceTo(read.Buffer.End);
            if (read.IsCompleted)
            {
                return stream;
            }
        }
    }

    private async ValueTask HoldAsync(EdgeStream stream)
    {
        Interlocked.Increment(ref _held);
        await _answer.Task.WaitAsync(stream.Aborted);
        stream.SendHead(new ResponseHead { Status = 204 });
    }
}
