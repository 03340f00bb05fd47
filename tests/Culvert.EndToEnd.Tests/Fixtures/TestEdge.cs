using System.Net;
using System.Net.Sockets;
using Culvert.Edge;
using Culvert.Edge.Certificates;
using Culvert.Edge.Tunnels;
using Culvert.Transports.Credentials;

namespace Culvert.EndToEnd.Tests.Fixtures;

/// <summary>An edge node in this process, on ports of its own.</summary>
internal sealed class TestEdge : IAsyncDisposable
{
    private readonly bool _ownsCertificates;
    private string? _authorityFile;

    private TestEdge(EdgeOptions options, EdgeCertificates? certificates)
    {
        _ownsCertificates = certificates is null;
        Certificates = certificates ?? EdgeCertificates.CreateInMemory(DateTimeOffset.UtcNow);
        Node = new EdgeNode(options, Certificates, Log);
    }

    public EdgeNode Node { get; }

    public EdgeCertificates Certificates { get; }

    public LineLog Log { get; } = new();

    /// <summary>A file for <c>--cacert</c>.</summary>
    public string AuthorityFile
    {
        get
        {
            if (_authorityFile is null)
            {
                _authorityFile = Path.GetTempFileName();
                File.WriteAllText(_authorityFile, Certificates.Authority.ExportCertificatePem());
            }

            return _authorityFile;
        }
    }

    public static async Task<TestEdge> StartAsync(
        Func<EdgeOptions, EdgeOptions>? configure = null, EdgeCertificates? certificates = null)
    {
        var loopback = new IPEndPoint(IPAddress.Loopback, 0);
        var options = new EdgeOptions { ConnectorAddress = loopback, VisitorAddress = loopback, ApiAddress = null };
        var edge = new TestEdge(configure?.Invoke(options) ?? options, certificates);
        await edge.Node.StartAsync(CancellationToken.None).InTime();
        return edge;
    }

    /// <summary>A tunnel that no connector serves yet.</summary>
    public (TunnelCredentials Credentials, string Hostname) AddTunnel() => Node.QuickTunnels.Create()!.Value;

    /// <summary>The connections of a tunnel.</summary>
    public IReadOnlyList<TunnelConnection> Connections(string hostname) => Node.Tunnels.Find(hostname)!.Connections;

    /// <summary>A client that reaches every hostname through this node.</summary>
    public HttpClient CreateVisitor(string hostname) => new(CreateHandler())
    {
        BaseAddress = new Uri($"http://{hostname}:{Node.VisitorEndPoint.Port}"),
        Timeout = Deadline.Limit,
    };

    public SocketsHttpHandler CreateHandler() => new()
    {
        ConnectCallback = async (_, cancellationToken) =>
        {
            var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
            await socket.ConnectAsync(Node.VisitorEndPoint, cancellationToken);
            return new NetworkStream(socket, ownsSocket: true);
        },
        UseProxy = false,
        UseCookies = false,
        AllowAutoRedirect = false,
        AutomaticDecompression = DecompressionMethods.None,
    };

    /// <summary>The lines of the node's metrics, when a line is among them.</summary>
    public async Task<string[]> CountedAsync(string line)
    {
        using var operators = new HttpClient { Timeout = Deadline.Limit };
        string[] lines = [];
        await Deadline.UntilAsync(
            async () =>
            {
                var text = await operators.GetStringAsync(new Uri($"http://{Node.MetricsEndPoint}/metrics"));
                lines = text.Split('\n');
                return lines.Contains(line);
            },
            line);
        return lines;
    }

    public Task<RawPeer> ConnectVisitorAsync() => RawPeer.ConnectAsync(Node.VisitorEndPoint);

    public async ValueTask DisposeAsync()
    {
        await Node.DisposeAsync();
        if (_ownsCertificates)
        {
            Certificates.Dispose();
        }

        if (_authorityFile is not null)
        {
            File.Delete(_authorityFile);
        }
    }
}
