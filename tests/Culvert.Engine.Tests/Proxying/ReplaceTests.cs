using Culvert.Engine.Metrics;
using Culvert.Engine.Origins.Tcp;
using Culvert.Engine.Proxying;
using Culvert.Engine.Routing;
using Culvert.Engine.Tests.Fixtures;
using Culvert.Ingress.Configuration;
using Culvert.Ingress.Services;
using Culvert.Ingress.Snapshots;
using Microsoft.Extensions.Logging.Abstractions;

namespace Culvert.Engine.Tests.Proxying;

/// <summary>Rules that are replaced while requests run on them.</summary>
public sealed class ReplaceTests
{
    private const string NoContent = "HTTP/1.1 204 No Content\r\n\r\n";

    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task Request_keeps_the_origin_it_began_with_and_the_next_one_gets_the_new()
    {
        var (old, next) = (new HeldOrigin(), new HeldOrigin());
        await using var proxy = new Proxy(Table(old), NullLogger.Instance);
        using var first = new FakeEdgeStream();
        using var second = new FakeEdgeStream();
        var serving = proxy.ServeAsync(first).AsTask();
        proxy.Replace(Table(next), WarpRouting.Default);
        next.Release();
        await proxy.ServeAsync(second).AsTask().WaitAsync(Limit);

        Assert.Equal((1, 1), (old.Served, next.Served));
        Assert.Equal(["200"], second.Head!);
        Assert.True(old.IsRetired);
        Assert.False(old.Stopped.IsCompleted);
        Assert.Equal(1, proxy.ReplacedTables);
        old.Release();
        await serving.WaitAsync(Limit);
        await old.Stopped.WaitAsync(Limit);

        Assert.Equal(["200"], first.Head!);
        Assert.False(next.IsRetired || next.Stopped.IsCompleted);
        await NoneReplacedAsync(proxy);
    }

    [Fact]
    public async Task Origins_without_requests_stop_at_once()
    {
        var old = new HeldOrigin();
        await using var proxy = new Proxy(Table(old), NullLogger.Instance);
        proxy.Replace(Table(new HeldOrigin()), WarpRouting.Default);

        await old.Stopped.WaitAsync(Limit);
        await NoneReplacedAsync(proxy);
    }

    [Fact]
    public async Task Idle_connections_of_old_rules_are_closed_while_requests_still_run_on_them()
    {
        using var server = new RawOrigin();
        var service = new OriginService.Http(server.Address);
        var table = await OriginTable.StartAsync(IngressSnapshot.CatchAll(service), new ProxyMetrics(), default);
        await using var proxy = new Proxy(table, NullLogger.Instance);
        using var first = new FakeEdgeStream();
        using var second = new FakeEdgeStream();
        var servingFirst = proxy.ServeAsync(first).AsTask();
        using var idle = await server.AcceptAsync();
        await idle.ReadHeadAsync();
        var servingSecond = proxy.ServeAsync(second).AsTask();
        using var busy = await server.AcceptAsync();
        await busy.ReadHeadAsync();
        await idle.WriteAsync(NoContent);
        await servingFirst.WaitAsync(Limit);
        proxy.Replace(Table(new HeldOrigin()), WarpRouting.Default);

        await idle.ClosedAsync();
        Assert.Equal(1, proxy.ReplacedTables);
        await busy.WriteAsync(NoContent);
        await servingSecond.WaitAsync(Limit);
        await busy.ClosedAsync();
        Assert.Equal(["204"], second.Head!);
    }

    [Fact]
    public async Task Private_network_stream_goes_on_under_the_settings_it_began_with()
    {
        using var origin = new RawOrigin();
        await using var proxy = new Proxy(Table(new HeldOrigin()), NullLogger.Instance);
        using var stream = new FakeEdgeStream(authority: $"127.0.0.1:{origin.Address.Port}");
        stream.Request.Kind = Transports.Streams.StreamKind.Tcp;
        var serving = proxy.ServeAsync(stream).AsTask();
        using (await origin.AcceptAsync())
        {
            await stream.HeadCame;
            proxy.Replace(Table(new HeldOrigin()), WarpRouting.Default with { ConnectTimeout = TimeSpan.FromSeconds(1) });
            Assert.False(serving.IsCompleted);
            Assert.Equal(1, proxy.ReplacedTables);
        }

        await serving.WaitAsync(Limit);
        await NoneReplacedAsync(proxy);
    }

    [Fact]
    public async Task Stop_ends_requests_on_old_rules_too_and_those_that_come_after_it()
    {
        var (old, next, last) = (new HeldOrigin(), new HeldOrigin(), new HeldOrigin());
        await using var proxy = new Proxy(Table(old), NullLogger.Instance);
        using var first = new FakeEdgeStream();
        using var second = new FakeEdgeStream();
        using var third = new FakeEdgeStream();
        var onOld = proxy.ServeAsync(first).AsTask();
        proxy.Replace(Table(next), WarpRouting.Default);
        var onNext = proxy.ServeAsync(second).AsTask();
        proxy.Stop();
        await Task.WhenAll(onOld, onNext).WaitAsync(Limit);
        proxy.Replace(Table(last), WarpRouting.Default);
        await proxy.ServeAsync(third).AsTask().WaitAsync(Limit);

        Assert.All([first, second, third], stream => Assert.NotNull(stream.Rejection));
        await Task.WhenAll(old.Stopped, next.Stopped).WaitAsync(Limit);
    }

    [Fact]
    public async Task Too_many_old_rules_end_the_requests_on_the_oldest()
    {
        HeldOrigin[] origins = [new(), new(), new(), new()];
        var tables = new CurrentTable(Leased(origins[0]), maxReplacedRules: 2);
        var leases = new List<LeasedTable>();
        var ended = new List<int>();
        foreach (var origin in origins.Skip(1))
        {
            leases.Add(tables.Lease());
            ended.Add(tables.Replace(Leased(origin)));
        }

        Assert.Equal([0, 0, 1], ended);
        Assert.Equal([true, false, false], leases.Select(lease => lease.Stopping.IsCancellationRequested));
        Assert.Equal(0, tables.Replace(Leased(new HeldOrigin())));
        leases.ForEach(lease => lease.Return());
        await tables.DisposeAsync().AsTask().WaitAsync(Limit);
        Assert.All(origins, origin => Assert.True(origin.Stopped.IsCompleted));
    }

    [Fact]
    public async Task No_request_meets_a_stopped_origin_whatever_the_moment()
    {
        const int Replacements = 5_000;
        var origins = new List<HeldOrigin> { new(holds: false) };
        await using var proxy = new Proxy(Table(origins[0]), NullLogger.Instance);
        using var done = new CancellationTokenSource();
        var visitors = Enumerable.Range(0, 4).Select(_ => Task.Run(async () =>
        {
            var failures = 0;
            while (!done.IsCancellationRequested)
            {
                using var stream = new FakeEdgeStream();
                await proxy.ServeAsync(stream);
                failures += stream.Head is null ? 1 : 0;
            }

            return failures;
        })).ToArray();
        for (var i = 0; i < Replacements; i++)
        {
            origins.Add(new HeldOrigin(holds: false));
            proxy.Replace(Table(origins[^1]), WarpRouting.Default);
            if (i % 16 == 0)
            {
                await Task.Yield();
            }
        }

        await done.CancelAsync();
        Assert.All(await Task.WhenAll(visitors).WaitAsync(Limit), failures => Assert.Equal(0, failures));
        await Task.WhenAll(origins.SkipLast(1).Select(origin => origin.Stopped)).WaitAsync(Limit);
        Assert.False(origins[^1].Stopped.IsCompleted);
    }

    private static LeasedTable Leased(HeldOrigin origin) => new(Table(origin), new PrivateNetworkOrigin());

    private static OriginTable Table(HeldOrigin origin) => new(IngressSnapshot.CatchAll(new OriginService.Status(200)), [origin]);

    private static async Task NoneReplacedAsync(Proxy proxy)
    {
        using var limit = new CancellationTokenSource(Limit);
        while (proxy.ReplacedTables > 0)
        {
            await Task.Delay(1, limit.Token);
        }
    }
}
