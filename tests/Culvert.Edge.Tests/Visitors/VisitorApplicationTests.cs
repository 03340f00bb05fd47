using Culvert.Edge.Metrics;
using Culvert.Edge.Tests.Fixtures;
using Culvert.Edge.Tunnels;
using Culvert.Edge.Visitors;
using Culvert.Transports.Credentials;
using Culvert.Transports.Headers;
using Culvert.Transports.Streams;
using Microsoft.Extensions.Logging.Abstractions;

namespace Culvert.Edge.Tests.Visitors;

public class VisitorApplicationTests
{
    private readonly TunnelDirectory _directory = new();
    private readonly Tunnel _tunnel = new(
        new TunnelCredentials("", Guid.NewGuid(), default), "demo.example", isQuick: true, default);
    private readonly FakeConnectorConnection _connection = new();

    public VisitorApplicationTests() => Assert.True(_directory.TryAdd(_tunnel));

    [Fact]
    public async Task Hostname_without_a_tunnel_is_told()
    {
        var visitor = await ServeAsync(new FakeVisitor(host: "other.example"));

        Assert.Equal(530, visitor.Response.StatusCode);
        Assert.Contains("unknown-hostname", visitor.BodyText);
    }

    [Fact]
    public async Task Tunnel_without_a_connector_is_told()
    {
        var visitor = await ServeAsync(new FakeVisitor(host: "DEMO.example:8080"));

        Assert.Equal(530, visitor.Response.StatusCode);
        Assert.Contains("no-connector", visitor.BodyText);
    }

    [Fact]
    public async Task Target_that_is_no_path_is_a_bad_request()
    {
        _tunnel.Add(new TunnelConnection(_connection, Guid.NewGuid(), 0));
        var visitor = await ServeAsync(new FakeVisitor("OPTIONS", "*"));

        Assert.Equal(400, visitor.Response.StatusCode);
        Assert.Equal(0, _connection.Opened);
    }

    [Fact]
    public async Task Host_that_no_connector_can_be_sent_is_a_bad_request()
    {
        _connection.Open = _ => throw new FormatException("The specified value is not a valid 'Host' header string.");
        var connection = new TunnelConnection(_connection, Guid.NewGuid(), 0);
        _tunnel.Add(connection);
        var visitor = await ServeAsync(new FakeVisitor(host: "demo.example:99999"));

        Assert.Equal(400, visitor.Response.StatusCode);
        Assert.Equal(0, connection.OpenStreams);
    }

    [Fact]
    public async Task Fields_larger_than_connectors_take_are_told()
    {
        _connection.Open = _ => throw new HeaderLimitException("too large");
        _tunnel.Add(new TunnelConnection(_connection, Guid.NewGuid(), 0));

        Assert.Equal(431, (await ServeAsync(new FakeVisitor())).Response.StatusCode);
    }

    [Fact]
    public async Task Connection_that_just_ended_is_tried_three_times_and_then_told()
    {
        _connection.Open = _ => throw new ConnectorLostException("gone");
        _tunnel.Add(new TunnelConnection(_connection, Guid.NewGuid(), 0));
        var visitor = await ServeAsync(new FakeVisitor());

        Assert.Equal(3, _connection.Opened);
        Assert.Equal(530, visitor.Response.StatusCode);
        Assert.Contains("connector-lost", visitor.BodyText);
    }

    private async Task<FakeVisitor> ServeAsync(FakeVisitor visitor)
    {
        var application = new VisitorApplication(
            _directory, "LCL", new EdgeMetrics(), accessLog: null, TimeProvider.System, NullLogger.Instance);
        var context = application.CreateContext(visitor.Features);
        await application.ProcessRequestAsync(context);
        application.DisposeContext(context, null);
        await visitor.Visitor.ResponseBody.FlushAsync();
        return visitor;
    }
}
