using System.Net;
using System.Net.Sockets;
using System.Text.RegularExpressions;
using Xunit.Abstractions;

namespace Culvert.EndToEnd.Tests.Volume;

/// <summary><c>culvert edge</c> and <c>culvert tunnel</c> as child processes, and a visitor.</summary>
internal sealed partial class BulkProcesses : IAsyncDisposable
{
    private readonly DirectoryInfo _data;
    private readonly CulvertProcess _edge;
    private readonly CulvertProcess _connector;

    private BulkProcesses(DirectoryInfo data, CulvertProcess edge, CulvertProcess connector, HttpClient visitor)
    {
        _data = data;
        _edge = edge;
        _connector = connector;
        Visitor = visitor;
    }

    public HttpClient Visitor { get; }

    /// <summary>Memory of both processes now.</summary>
    public (long Edge, long Connector) ResidentBytes => (_edge.ResidentBytes, _connector.ResidentBytes);

    public static async Task<BulkProcesses> StartAsync(string transport, Uri origin)
    {
        var data = Directory.CreateTempSubdirectory("culvert-edge-");
        var edge = CulvertProcess.Start(
            "edge", "--listen", "127.0.0.1:0", "--listen-connectors", "127.0.0.1:0", "--listen-api", "127.0.0.1:0",
            "--data", data.FullName);
        var addresses = Addresses().Match(await edge.Errors.WaitForAsync("Edge node is listening"));
        var connector = CulvertProcess.Start(
            "tunnel", "--quick-service", $"http://{addresses.Groups["api"]}", "--edge", addresses.Groups["connectors"].Value,
            "--cacert", Path.Combine(data.FullName, "ca.pem"), "--protocol", transport, "--url", origin.ToString());
        await connector.Errors.WaitForAsync("Registered tunnel connection");
        var url = Url().Match(await connector.Errors.WaitForAsync("https://")).Groups["host"].Value;
        return new BulkProcesses(data, edge, connector, CreateVisitor(IPEndPoint.Parse(addresses.Groups["visitors"].Value), url));
    }

    public void AssertGrewLessThan(long limit, (long Edge, long Connector) before, ITestOutputHelper output)
    {
        var edge = _edge.PeakResidentBytes - before.Edge;
        var connector = _connector.PeakResidentBytes - before.Connector;
        var figures = $"The edge grew from {before.Edge >> 20} MiB by {edge >> 20} MiB, "
            + $"the connector from {before.Connector >> 20} MiB by {connector >> 20} MiB";
        output.WriteLine(figures);
        Assert.True(Math.Max(edge, connector) < limit, figures);
    }

    public async ValueTask DisposeAsync()
    {
        Visitor.Dispose();
        await _connector.DisposeAsync();
        await _edge.DisposeAsync();
        _data.Delete(recursive: true);
    }

    private static HttpClient CreateVisitor(IPEndPoint address, string hostname)
    {
        var handler = new SocketsHttpHandler
        {
            ConnectCallback = async (_, cancellationToken) =>
            {
                var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
                await socket.ConnectAsync(address, cancellationToken);
                return new NetworkStream(socket, ownsSocket: true);
            },
        };
        return new HttpClient(handler) { BaseAddress = new Uri($"http://{hostname}"), Timeout = TimeSpan.FromMinutes(2) };
    }

    [GeneratedRegex("api=(?<api>\\S+) connectors=(?<connectors>\\S+) visitors=(?<visitors>\\S+)")]
    private static partial Regex Addresses();

    [GeneratedRegex("https://(?<host>\\S+)")]
    private static partial Regex Url();
}
