using System.Threading.Channels;
using BenchmarkDotNet.Attributes;
using Culvert.Transports.Connections;

namespace Culvert.Benchmarks.Stages;

/// <summary>What it costs to hand a request from one stage to the next. One operation is one request.</summary>
[MemoryDiagnoser]
public class HopBenchmarks
{
    private const int Requests = 10_000;

    private readonly object _request = new();
    private readonly StreamSlots _slots = new();
    private readonly Channel<object> _same = Channel.CreateBounded<object>(1024);
    private int _served;

    /// <summary>The stages call each other.</summary>
    [Benchmark(Baseline = true, OperationsPerInvoke = Requests)]
    public void Inline()
    {
        for (var i = 0; i < Requests; i++)
        {
            Serve(_request);
        }
    }

    /// <summary>The same with a slot, as the connector does.</summary>
    [Benchmark(OperationsPerInvoke = Requests)]
    public void InlineWithSlot()
    {
        for (var i = 0; i < Requests; i++)
        {
            _slots.TakeAsync(CancellationToken.None).GetAwaiter().GetResult();
            Serve(_request);
            _slots.Return();
        }
    }

    /// <summary>Through a bounded channel without changing the thread.</summary>
    [Benchmark(OperationsPerInvoke = Requests)]
    public void ChannelOnOneThread()
    {
        for (var i = 0; i < Requests; i++)
        {
            _same.Writer.TryWrite(_request);
            _same.Reader.TryRead(out var request);
            Serve(request!);
        }
    }

    /// <summary>Through a bounded channel to a stage that runs elsewhere and is never idle: the queue is mostly full.</summary>
    [Benchmark(OperationsPerInvoke = Requests)]
    public Task ChannelToABusyStage() => ChannelAsync(Channel.CreateBounded<object>(1024), Requests);

    /// <summary>To a stage that waits for each request: what a connector with few requests at once pays.</summary>
    [Benchmark(OperationsPerInvoke = Requests)]
    public async Task ChannelToAnIdleStage()
    {
        var there = Channel.CreateBounded<object>(1);
        var back = Channel.CreateBounded<object>(1);
        var stage = Task.Run(async () =>
        {
            for (var i = 0; i < Requests; i++)
            {
                await back.Writer.WriteAsync(await there.Reader.ReadAsync().ConfigureAwait(false)).ConfigureAwait(false);
            }
        });
        for (var i = 0; i < Requests; i++)
        {
            await there.Writer.WriteAsync(_request).ConfigureAwait(false);
            Serve(await back.Reader.ReadAsync().ConfigureAwait(false));
        }

        await stage.ConfigureAwait(false);
    }

    private async Task ChannelAsync(Channel<object> channel, int count)
    {
        var stage = Task.Run(async () =>
        {
            for (var i = 0; i < count; i++)
            {
                Serve(await channel.Reader.ReadAsync().ConfigureAwait(false));
            }
        });
        for (var i = 0; i < count; i++)
        {
            await channel.Writer.WriteAsync(_request).ConfigureAwait(false);
        }

        await stage.ConfigureAwait(false);
    }

    [System.Runtime.CompilerServices.MethodImpl(System.Runtime.CompilerServices.MethodImplOptions.NoInlining)]
    private void Serve(object request) => _served += request is null ? 0 : 1;
}
