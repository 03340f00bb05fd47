using Culvert.Engine.Metrics;
using Culvert.Engine.Origins;
using Culvert.Engine.Proxying;
using Culvert.Engine.Routing;
using Culvert.Engine.Tests.Fixtures;
using Culvert.Ingress.Services;
using Culvert.Ingress.Snapshots;
using Culvert.Tests.Fixtures;
using Culvert.Transports.Headers;
using Culvert.Transports.Streams;
using Microsoft.Extensions.Logging.Abstractions;

namespace Culvert.Engine.Tests.Proxying;

public sealed class InternalRuleTests
{
    [Theory]
    [InlineData("manage.example", StreamKind.Http, true)]
    [InlineData("manage.example:443", StreamKind.Http, true)]
    [InlineData("manage.example", StreamKind.WebSocket, true)]
    [InlineData("Manage.example", StreamKind.Http, false)]
    [InlineData("manage.example.org", StreamKind.Http, false)]
    [InlineData("a.manage.example", StreamKind.Http, false)]
    [InlineData("", StreamKind.Http, false)]
    public async Task S7_1_OwnRuleComesBeforeAllOthersAndItsHostIsExact(string authority, StreamKind kind, bool own)
    {
        await using var proxy = await StartAsync(new AnsweringOrigin(299));
        using var stream = new FakeEdgeStream("GET", authority, "/any?access_token=secret");
        stream.Request.Kind = kind;
        await proxy.ServeAsync(stream);

        Assert.Equal(own ? "299" : "404", stream.Head![0]);
    }

    [Fact]
    public async Task Private_stream_to_such_an_address_is_none()
    {
        await using var proxy = await StartAsync(new AnsweringOrigin(299));
        using var stream = new FakeEdgeStream("GET", "manage.example", "");
        stream.Request.Kind = StreamKind.Tcp;
        await proxy.ServeAsync(stream);

        Assert.NotNull(stream.Rejection);
    }

    [Fact]
    public async Task C14_RulesMayBeReplacedWhileARequestOfItRuns()
    {
        var origin = new AnsweringOrigin(299) { Gate = new TaskCompletionSource() };
        await using var proxy = await StartAsync(origin);
        using var stream = new FakeEdgeStream("GET", "manage.example", "/");
        var serving = proxy.ServeAsync(stream).AsTask();
        proxy.Replace(await TableAsync(503), new ProxySettings().PrivateNetwork);
        await Deadline.UntilAsync(() => proxy.ReplacedTables == 0, "the old rules are gone");
        origin.Gate.SetResult();
        await serving;
        Assert.Equal("299", stream.Head![0]);

        using var next = new FakeEdgeStream("GET", "manage.example", "/");
        await proxy.ServeAsync(next);
        Assert.Equal("299", next.Head![0]);
    }

    [Fact]
    public async Task Stop_ends_its_requests()
    {
        await using var proxy = await StartAsync(new AnsweringOrigin(299) { Gate = new TaskCompletionSource() });
        using var stream = new FakeEdgeStream("GET", "manage.example", "/");
        var serving = proxy.ServeAsync(stream).AsTask();
        proxy.Stop();
        await serving.WaitAsync(TimeSpan.FromSeconds(20));

        Assert.Equal(ResponseSource.Connector, stream.Rejection!.Value.Source);
    }

    private static Task<OriginTable> TableAsync(int status) =>
        OriginTable.StartAsync(IngressSnapshot.CatchAll(new OriginService.Status(status)), new ProxyMetrics(), default);

    private static async Task<Proxy> StartAsync(IOrigin origin) => new(
        await TableAsync(404), NullLogger.Instance,
        new ProxySettings { Internal = new InternalRule("manage.example", "management", origin) });

    private sealed class AnsweringOrigin(int status) : IOrigin
    {
        public TaskCompletionSource? Gate { get; init; }

        public async ValueTask ServeAsync(EdgeStream stream, CancellationToken cancellationToken)
        {
            await (Gate?.Task ?? Task.CompletedTask).WaitAsync(cancellationToken);
            stream.SendHead(new ResponseHead { Status = status });
        }

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}
