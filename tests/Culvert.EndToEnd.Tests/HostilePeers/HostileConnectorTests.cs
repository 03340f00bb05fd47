using Culvert.Edge;

namespace Culvert.EndToEnd.Tests.HostilePeers;

/// <summary>What arrives at the edge's connector port may be anything; only its own connection suffers.</summary>
public sealed class HostileConnectorTests
{
    private const string Answer = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nstill";

    [Fact]
    public Task Garbage_instead_of_tls_closes_that_connection() => AssertOthersServedAsync(async edge =>
    {
        await using var hostile = await RawPeer.ConnectAsync(edge.Node.ConnectorEndPoint);
        await hostile.WriteAsync("GET / HTTP/1.1\r\nHost: edge\r\n\r\n");
        await hostile.ReadToEndAsync();
    });

    [Fact]
    public Task Half_a_handshake_that_ends_closes_that_connection() => AssertOthersServedAsync(async edge =>
    {
        await using var hostile = await RawPeer.ConnectAsync(edge.Node.ConnectorEndPoint);
        await hostile.WriteAsync("\u0016\u0003\u0001\u0002\u0000\u0001");
        hostile.EndOutput();
        await hostile.ReadToEndAsync();
    });

    [Fact]
    public Task Garbage_instead_of_http2_closes_that_connection() => AssertOthersServedAsync(async edge =>
    {
        await using var hostile = await HostileConnection.DialAsync(edge);
        await hostile.WriteAsync(Pattern.Bytes(0, 1000));
        await hostile.EndedAsync();
    });

    [Fact]
    public Task Http1_answers_instead_of_http2_close_that_connection() => AssertOthersServedAsync(async edge =>
    {
        await using var hostile = await HostileConnection.DialAsync(edge);
        await hostile.WriteAsync("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"u8.ToArray());
        await hostile.EndedAsync();
    });

    [Fact]
    public Task Settings_and_then_silence_close_that_connection() => AssertOthersServedAsync(async edge =>
    {
        await using var hostile = await HostileConnection.DialAsync(edge);
        await hostile.WriteAsync(new byte[] { 0, 0, 0, 4, 0, 0, 0, 0, 0 });
        await hostile.EndedAsync();
    });

    [Fact]
    public Task Silence_after_the_handshake_closes_that_connection() => AssertOthersServedAsync(async edge =>
    {
        await using var hostile = await HostileConnection.DialAsync(edge);
        await hostile.EndedAsync();
    });

    [Theory, ClassData(typeof(EveryTransport))]
    public Task Malformed_rpc_on_the_control_stream_closes_that_connection(string transport) =>
        AssertScriptEndsAsync(transport, ControlScript.Garbage);

    [Theory, ClassData(typeof(EveryTransport))]
    public Task Message_of_absurd_size_on_the_control_stream_closes_that_connection(string transport) =>
        AssertScriptEndsAsync(transport, ControlScript.AbsurdSize);

    [Theory, ClassData(typeof(EveryTransport))]
    public Task Control_stream_that_ends_at_once_closes_that_connection(string transport) =>
        AssertScriptEndsAsync(transport, ControlScript.Nothing);

    [Theory, ClassData(typeof(EveryTransport))]
    public Task Connector_that_never_registers_is_closed_after_the_limit(string transport) =>
        AssertScriptEndsAsync(transport, ControlScript.Silence);

    private static Task AssertScriptEndsAsync(string transport, ControlScript script) => AssertOthersServedAsync(async edge =>
    {
        await using var hostile = await ScriptedConnector.DialAsync(edge, transport, script);
        await hostile.Ended.InTime();
    });

    private static async Task AssertOthersServedAsync(Func<TestEdge, Task> attack)
    {
        await using var origin = RawOrigin.Answering(Answer);
        await using var tunnel = await Tunnel.StartAsync("http2", origin.Address, edge: Quick);
        var connection = Assert.Single(tunnel.Connections);

        await attack(tunnel.Edge);

        Assert.Equal("still", await tunnel.Visitor.GetStringAsync("/"));
        Assert.Same(connection, Assert.Single(tunnel.Connections));
    }

    private static EdgeOptions Quick(EdgeOptions options) => options with { RegistrationTimeout = TimeSpan.FromSeconds(1) };
}
