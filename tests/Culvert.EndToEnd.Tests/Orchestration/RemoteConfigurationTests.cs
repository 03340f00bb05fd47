using System.Collections.Concurrent;
using System.Net.WebSockets;
using System.Text;
using System.Text.Json;
using Culvert.EndToEnd.Tests.WebSockets;
using Culvert.Engine.Metrics;
using Culvert.Transports.Streams;
using ConfiguredTunnel = Culvert.Edge.Tunnels.Tunnel;

namespace Culvert.EndToEnd.Tests.Orchestration;

/// <summary>Rules that the edge node gives to connectors, while they register and while they run.</summary>
public sealed class RemoteConfigurationTests
{
    private static readonly MetricsAddress AnyPort = new([new(System.Net.IPAddress.Loopback, 0)]);

    [Theory, ClassData(typeof(EveryTransport))]
    public async Task Every_connection_gets_the_configuration_and_each_change_of_it(string transport)
    {
        await using var edge = await TestEdge.StartAsync();
        var (credentials, hostname) = edge.AddTunnel();
        var tunnel = edge.Node.Tunnels.Find(hostname)!;
        var first = Configure(tunnel, """{"ingress":[{"service":"http_status:418"}]}""");
        await using var connector = await RunningConnector.StartAsync(
            edge, credentials, transport, RawOrigin.NobodysAddress, options => options with
            {
                EdgeAddresses = [.. options.EdgeAddresses, .. options.EdgeAddresses],
                MetricsAddress = AnyPort,
            });
        using var visitor = edge.CreateVisitor(hostname);
        await AnsweredAsync(tunnel, connections: 2, first);
        Assert.Equal(418, await StatusAsync(visitor));
        Assert.Equal(first, connector.Connector.Configuration.Version);

        var second = Configure(tunnel, """{"ingress":[{"service":"http_status:410"}],"warp-routing":{"maxActiveFlows":9}}""");
        await AnsweredAsync(tunnel, connections: 2, second);
        Assert.Equal(410, await StatusAsync(visitor));
        Assert.Equal(9, connector.Connector.Flows.Limit);

        Configure(tunnel, """{"ingress":[{"service":"https://a","originRequest":{"caPool":"/nonexistent/ca.pem"}}]}""");
        await Deadline.UntilAsync(
            () => tunnel.Connections.All(connection => connection.Configured!.Error is not null), "refusals");
        Assert.All(tunnel.Connections, connection => Assert.Equal(second, connection.Configured!.LatestAppliedVersion));
        Assert.Contains("/nonexistent/ca.pem", tunnel.Connections[0].Configured!.Error, StringComparison.Ordinal);
        Assert.Equal(410, await StatusAsync(visitor));
        await edge.Log.WaitForAsync("Connector refused the configuration", times: 2);
        await edge.Log.WaitForAsync("Connector runs the configuration", times: 4);
        await AssertShownAsync(connector, second);
    }

    [Theory, ClassData(typeof(EveryTransport))]
    public async Task U10_U11_What_is_under_way_goes_on_when_its_rule_vanishes(string transport)
    {
        var answer = new TaskCompletionSource();
        var arrived = new TaskCompletionSource();
        await using var slow = RawOrigin.Start(async peer =>
        {
            await peer.ReadHeadAsync();
            arrived.SetResult();
            await answer.Task;
            await peer.WriteAsync("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nslow");
        });
        await using var sockets = await SocketOrigin.EchoAsync();
        await using var shell = RawOrigin.Start(async peer =>
        {
            while (true)
            {
                await peer.WriteAsync(await peer.ReadAsync(4));
            }
        });
        await using var tunnel = await Tunnel.StartAsync(transport, RawOrigin.NobodysAddress);
        var configured = tunnel.Edge.Node.Tunnels.Find(tunnel.Hostname)!;
        var rules = $$"""
            {
              "ingress": [
                { "path": "^/slow", "service": "{{slow.Address.GetLeftPart(UriPartial.Authority)}}" },
                { "path": "^/socket", "service": "{{sockets.Address.GetLeftPart(UriPartial.Authority)}}" },
                { "service": "hello_world" }
              ]
            }
            """;
        await AnsweredAsync(configured, connections: 1, Configure(configured, rules));
        var response = tunnel.Visitor.GetStringAsync("/slow");
        using var client = new HttpMessageInvoker(tunnel.Edge.CreateHandler());
        using var socket = new ClientWebSocket();
        await socket.ConnectAsync(new Uri($"ws://{tunnel.Hostname}/socket"), client, default).InTime();
        var flow = await OpenFlowAsync(configured, shell.Address.Authority);
        await arrived.Task.InTime();
        Assert.Equal(200, await StatusAsync(tunnel.Visitor));

        await AnsweredAsync(configured, connections: 1, Configure(configured, """{"ingress":[{"service":"http_status:404"}]}"""));
        Assert.Equal(404, await StatusAsync(tunnel.Visitor));
        await EchoAsync(socket);
        await EchoAsync(flow);
        await AnsweredAsync(configured, connections: 1, Configure(configured, rules));
        Assert.Equal(200, await StatusAsync(tunnel.Visitor));
        await EchoAsync(socket);
        await EchoAsync(flow);
        Assert.Equal(1, tunnel.Connector.Connector.ReplacedConfigurations);
        answer.SetResult();
        Assert.Equal("slow", await response.InTime());

        await socket.CloseAsync(WebSocketCloseStatus.NormalClosure, "done", default).InTime();
        await flow.DisposeAsync();
        await Deadline.UntilAsync(() => tunnel.Connector.Connector.ReplacedConfigurations == 0, "the old origins have stopped");
    }

    [Theory, ClassData(typeof(EveryTransport))]
    public async Task U08_Requests_that_come_while_rules_change_get_one_of_the_answers(string transport)
    {
        const int Requests = 200;
        var hosts = new ConcurrentBag<string>();
        await using var web = await WebOrigin.StartAsync(context =>
        {
            hosts.Add(context.Request.Host.Value!);
            return Task.CompletedTask;
        });
        await using var shell = RawOrigin.Start(async peer => await peer.WriteAsync(await peer.ReadAsync(4)));
        await using var tunnel = await Tunnel.StartAsync(transport, RawOrigin.NobodysAddress);
        var configured = tunnel.Edge.Node.Tunnels.Find(tunnel.Hostname)!;
        await ChangeAsync(
            $$$"""{"service":"{{{web.Address.GetLeftPart(UriPartial.Authority)}}}","originRequest":{"httpHostHeader":"inner"}}""");
        var changes = new List<Task>();
        var requests = new List<Task<int>>();
        var flows = new List<Task>();
        for (var number = 0; number < Requests; number++)
        {
            if (number is Requests / 4 or Requests / 2)
            {
                // Whatever has its answer by now got it from an older configuration.
                var answered = requests.Where(request => request.IsCompletedSuccessfully).Select(request => request.Result);
                Assert.All(
                    answered, status => Assert.True(status == 200 || (status == 204 && number == Requests / 2), $"{status}"));
                changes.Add(
                    ChangeAsync(
                        number == Requests / 4 ? """{"service":"http_status:204"}""" : """{"service":"http_status:418"}"""));
            }

            requests.Add(StatusAsync(tunnel.Visitor));
            if (number % 10 == 0)
            {
                flows.Add(FlowAsync());
                await requests[^1].InTime();
            }
        }

        Assert.All(await Task.WhenAll(requests).InTime(), status => Assert.Contains(status, new[] { 200, 204, 418 }));
        await Task.WhenAll(flows).InTime();
        await Task.WhenAll(changes).InTime();
        Assert.Equal(418, await StatusAsync(tunnel.Visitor));
        Assert.All(hosts, host => Assert.Equal("inner", host));

        Task ChangeAsync(string rule) =>
            AnsweredAsync(configured, connections: 1, Configure(configured, $$"""{"ingress":[{{rule}}]}"""), orLater: true);

        async Task FlowAsync()
        {
            await using var flow = await OpenFlowAsync(configured, shell.Address.Authority);
            await EchoAsync(flow);
        }
    }

    private static int Configure(ConfiguredTunnel tunnel, string json) =>
        tunnel.Configure(Encoding.UTF8.GetBytes(json), DateTimeOffset.UtcNow).Version;

    private static Task AnsweredAsync(ConfiguredTunnel tunnel, int connections, int version, bool orLater = false) =>
        Deadline.UntilAsync(
            () => tunnel.Connections.Count == connections && tunnel.Connections.All(c =>
                c.Configured?.LatestAppliedVersion is { } applied && (orLater ? applied >= version : applied == version)),
            $"every connection has answered version {version}");

    private static async Task<ConnectorStream> OpenFlowAsync(ConfiguredTunnel tunnel, string destination)
    {
        var head = new RequestHead { Kind = StreamKind.Tcp };
        head.SetLine("GET", destination, "/");
        var stream = await tunnel.Connections[0].OpenStreamAsync(head, default).InTime();
        await stream.ReadHeadAsync(default).InTime();
        return stream;
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
        await flow.Output.WriteAsync("ping"u8.ToArray());
        var read = await flow.Input.ReadAtLeastAsync(4).InTime();
        Assert.Equal("ping", Encoding.ASCII.GetString(read.Buffer));
        flow.Input.AdvanceTo(read.Buffer.End);
    }

    private static async Task<int> StatusAsync(HttpClient visitor)
    {
        using var response = await visitor.GetAsync("/any");
        return (int)response.StatusCode;
    }

    private static async Task AssertShownAsync(RunningConnector connector, int version)
    {
        var line = await connector.Log.WaitForAsync("Starting metrics server on ");
        var address = line[(line.IndexOf(" on ", StringComparison.Ordinal) + 4)..].Replace(
            "/metrics", "", StringComparison.Ordinal);
        using var client = new HttpClient();
        using var shown = JsonDocument.Parse(await client.GetStringAsync($"http://{address}/config").InTime());
        Assert.Equal(version, shown.RootElement.GetProperty("version").GetInt32());
        var rule = Assert.Single(shown.RootElement.GetProperty("config").GetProperty("ingress").EnumerateArray());
        Assert.Equal("http_status:410", rule.GetProperty("service").GetString());
        var metrics = (await client.GetStringAsync($"http://{address}/metrics").InTime()).Split('\n');
        Assert.Contains($"cloudflared_orchestration_config_version {version}", metrics);
        Assert.Contains("cloudflared_config_local_config_pushes 0", metrics);
    }
}
