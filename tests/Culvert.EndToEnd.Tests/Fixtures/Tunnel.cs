using Culvert.Connector;
using Culvert.Edge;
using Culvert.Edge.Tunnels;
using Culvert.Transports.Credentials;

namespace Culvert.EndToEnd.Tests.Fixtures;

/// <summary>An edge node and a connector in this process, joined over loopback with real TLS, in front of an origin.</summary>
internal sealed class Tunnel : IAsyncDisposable
{
    private Tunnel(TestEdge edge, RunningConnector connector, TunnelCredentials credentials, string hostname)
    {
        Edge = edge;
        Connector = connector;
        Credentials = credentials;
        Hostname = hostname;
        Visitor = edge.CreateVisitor(hostname);
    }

    public TestEdge Edge { get; }

    public RunningConnector Connector { get; }

    public TunnelCredentials Credentials { get; }

    public string Hostname { get; }

    /// <summary>A client whose relative addresses lead through the tunnel.</summary>
    public HttpClient Visitor { get; }

    /// <summary>The connections that the edge has now.</summary>
    public IReadOnlyList<TunnelConnection> Connections => Edge.Connections(Hostname);

    public static async Task<Tunnel> StartAsync(
        string transport, Uri origin, Func<EdgeOptions, EdgeOptions>? edge = null,
        Func<ConnectorOptions, ConnectorOptions>? connector = null)
    {
        var node = await TestEdge.StartAsync(edge);
        var (credentials, hostname) = node.AddTunnel();
        var running = await RunningConnector.StartAsync(node, credentials, transport, origin, connector);
        return new Tunnel(node, running, credentials, hostname);
    }

    /// <summary>Sends a request over a new connection. The host is the tunnel's; each header line ends with a newline.</summary>
    public async Task<RawPeer> SendAsync(string requestLine, string headers = "", string body = "")
    {
        var visitor = await Edge.ConnectVisitorAsync();
        await SendAsync(visitor, requestLine, headers, body);
        return visitor;
    }

    /// <summary>Sends a request over an open connection.</summary>
    public Task SendAsync(RawPeer visitor, string requestLine, string headers = "", string body = "") => visitor.WriteAsync(
        $"{requestLine} HTTP/1.1\r\nHost: {Hostname}\r\n{headers.ReplaceLineEndings("\r\n")}\r\n{body}");

    public async ValueTask DisposeAsync()
    {
        Visitor.Dispose();
        Connector.Stop();
        await Edge.DisposeAsync();
        await Connector.DisposeAsync();
    }
}
