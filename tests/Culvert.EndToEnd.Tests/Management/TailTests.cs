using System.Net;
using System.Text.Json;
using Culvert.Connector.Management;

namespace Culvert.EndToEnd.Tests.Management;

public sealed class TailTests
{
    [Theory, ClassData(typeof(EveryTransport))]
    public async Task C25_ServiceAnswersThroughTheTunnel(string transport)
    {
        await using var lab = await ManagementLab.StartAsync(transport);
        var token = UnsignedToken.Of("me");

        using var refused = await lab.Visitor.GetAsync("/ping");
        Assert.Equal(HttpStatusCode.BadRequest, refused.StatusCode);
        Assert.Equal(
            """{"errors":[{"code":1001,"message":"missing access_token query parameter"}]}""",
            await refused.Content.ReadAsStringAsync());
        using var ping = await lab.Visitor.GetAsync("/ping?access_token=" + token);
        Assert.Equal(HttpStatusCode.OK, ping.StatusCode);
        using var details = JsonDocument.Parse(await lab.Visitor.GetStringAsync("/host_details?access_token=" + token));
        Assert.Equal(lab.Connector.Connector.Id, details.RootElement.GetProperty("connector_id").GetGuid());
        Assert.Equal("custom:test", details.RootElement.GetProperty("hostname").GetString());
        Assert.Equal("127.0.0.1", details.RootElement.GetProperty("ip").GetString());
        Assert.Contains(
            "# HELP build_info Build and version information", await lab.Visitor.GetStringAsync("/metrics?access_token=" + token),
            StringComparison.Ordinal);
        using var plain = await lab.Visitor.GetAsync("/logs?access_token=" + token);
        Assert.Equal(HttpStatusCode.UpgradeRequired, plain.StatusCode);
    }

    [Theory, ClassData(typeof(EveryTransport))]
    public async Task S11_15_TailShowsTheRequestsOfAConnector(string transport)
    {
        await using var lab = await ManagementLab.StartAsync(transport);
        await using var tail = lab.Tail("me", "--event", "http");
        await lab.RequestUntilSeenAsync(tail);

        var line = await tail.Output.WaitForAsync("/ping");
        Assert.Matches(
            "^20[0-9-]+T[0-9:]+Z debug http GET .*/ping\\?\\[redacted\\] .*\"ingressRule\":-1,\"originService\":\"management\"",
            line);
        Assert.DoesNotContain(UnsignedToken.Of("me"), string.Join('\n', tail.Output.Lines), StringComparison.Ordinal);
        await tail.TerminateAsync();
        Assert.Equal(0, await tail.ExitAsync());
        Assert.Empty(tail.Complaints);
    }

    [Theory, ClassData(typeof(EveryTransport))]
    public async Task C27_SecondActorIsToldAndTheSameOneReplacesTheFirst(string transport)
    {
        await using var lab = await ManagementLab.StartAsync(transport);
        await using var first = lab.Tail("one", "--output", "json");
        await lab.RequestUntilSeenAsync(first);
        await using var other = lab.Tail("two");
        Assert.Equal(0, await other.ExitAsync());
        Assert.Contains(
            "received remote closure: (4002) limit exceeded for streaming sessions", Assert.Single(other.Complaints),
            StringComparison.Ordinal);

        await using var again = lab.Tail("one", "--level", "debug");
        Assert.Equal(0, await first.ExitAsync());
        Assert.Empty(first.Complaints);
        await lab.RequestUntilSeenAsync(again);
        Assert.All(first.Output.Lines, line => JsonDocument.Parse(line).Dispose());
    }

    [Theory, ClassData(typeof(EveryTransport))]
    public async Task Stop_of_the_connector_does_not_wait_for_who_listens(string transport)
    {
        await using var lab = await ManagementLab.StartAsync(transport, TimeSpan.FromMinutes(2));
        await using var tail = lab.Tail("me");
        await lab.RequestUntilSeenAsync(tail);

        lab.Connector.Stop();

        await lab.Connector.Running.InTime();
        Assert.Equal(0, await tail.ExitAsync());
    }

    [Fact]
    public async Task Tail_says_what_the_edge_refused()
    {
        await using var lab = await ManagementLab.StartAsync("http2");
        await using var bad = CulvertProcess.Start(
            "tail", "--token", "eyJ", "--management-hostname", lab.Hostname, "--management-url", lab.Edge);
        Assert.Equal(0, await bad.ExitAsync());
        Assert.Contains(
            "management request failed validation: (1001) missing access_token query parameter", Assert.Single(bad.Complaints),
            StringComparison.Ordinal);
        await using var nobody = CulvertProcess.Start(
            "tail", "--token", "eyJ", "--management-hostname", "nobody.example", "--management-url", lab.Edge);
        Assert.Equal(0, await nobody.ExitAsync());
        Assert.Contains(nobody.Complaints, line => line.Contains("http response code returned", StringComparison.Ordinal));
    }

    /// <summary>A connector whose management service has the tunnel's own hostname, so that this edge forwards to it.</summary>
    private sealed class ManagementLab : IAsyncDisposable
    {
        private readonly TestEdge _edge;

        private ManagementLab(TestEdge edge, RunningConnector connector, string hostname)
        {
            _edge = edge;
            Connector = connector;
            Hostname = hostname;
            Visitor = edge.CreateVisitor(hostname);
        }

        public RunningConnector Connector { get; }

        public string Hostname { get; }

        public HttpClient Visitor { get; }

        public string Edge => $"http://{_edge.Node.VisitorEndPoint}";

        public static async Task<ManagementLab> StartAsync(string transport, TimeSpan? grace = null)
        {
            var edge = await TestEdge.StartAsync();
            var (credentials, hostname) = edge.AddTunnel();
            var connector = await RunningConnector.StartAsync(
                edge, credentials, transport, RawOrigin.NobodysAddress, options => options with
                {
                    Management = new ManagementOptions { Hostname = hostname, Label = "test" },
                    GracePeriod = grace ?? options.GracePeriod,
                });
            return new ManagementLab(edge, connector, hostname);
        }

        public CulvertProcess Tail(string actor, params string[] more) => CulvertProcess.Start(
            ["tail", "--token", UnsignedToken.Of(actor), "--management-hostname", Hostname, "--management-url", Edge, .. more]);

        /// <summary>Asks for something until a tail shows it.</summary>
        public async Task RequestUntilSeenAsync(CulvertProcess tail)
        {
            var seen = tail.Output.WaitForAsync("/ping");
            while (!seen.IsCompleted)
            {
                using var ping = await Visitor.GetAsync("/ping?access_token=" + UnsignedToken.Of("visitor"));
                await Task.WhenAny(seen, Task.Delay(100));
            }

            await seen;
        }

        public async ValueTask DisposeAsync()
        {
            Visitor.Dispose();
            Connector.Stop();
            await _edge.DisposeAsync();
            await Connector.DisposeAsync();
        }
    }
}
