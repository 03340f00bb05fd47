using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using Culvert.Connector;
using Culvert.Edge;
using Culvert.Edge.PrivateNetworks;
using Culvert.Edge.PrivateNetworks.Forwards;
using Culvert.Edge.Tunnels;
using Culvert.Ingress.Services;
using Culvert.Ingress.Snapshots;
using Culvert.Transports.Credentials;
using Culvert.Transports.Quic;

namespace Culvert.EndToEnd.Tests.PrivateNetworks;

/// <summary>An edge node with ways into a private network, a connector in it, and a UDP and a TCP server that echo.</summary>
internal sealed class PrivateNetwork : IAsyncDisposable
{
    public const string Hostname = "private.example";

    private readonly CancellationTokenSource _stop = new();
    private readonly Socket _udp = new(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
    private readonly TcpListener _tcp = new(IPAddress.Loopback, 0);

    private PrivateNetwork()
    {
        _udp.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        _tcp.Start();
        _ = EchoUdpAsync();
        _ = EchoTcpAsync();
    }

    public IPEndPoint UdpServer => (IPEndPoint)_udp.LocalEndPoint!;

    public IPEndPoint TcpServer => (IPEndPoint)_tcp.LocalEndpoint;

    public TunnelCredentials Credentials { get; } = new("account", Guid.NewGuid(), RandomNumberGenerator.GetBytes(32));

    public TestEdge Edge { get; private set; } = null!;

    public List<RunningConnector> Connectors { get; } = [];

    /// <summary>Starts all of it; <c>--udp</c> and <c>--tcp</c> ports lead to the echoing servers.</summary>
    public static async Task<PrivateNetwork> StartAsync(
        string transport = "quic", Func<PrivateNetwork, EdgeOptions, EdgeOptions>? edge = null,
        Func<ConnectorOptions, ConnectorOptions>? connector = null)
    {
        var network = new PrivateNetwork();
        var any = new IPEndPoint(IPAddress.Loopback, 0);
        network.Edge = await TestEdge.StartAsync(options =>
        {
            options = options with
            {
                Quic = LargePackets(options.Quic),
                Tunnels = [new StaticTunnel(Hostname, network.Credentials)],
                UdpForwards = [new PortForward(any, new PrivateDestination(Hostname, network.UdpServer))],
                TcpForwards =
                [
                    new PortForward(any, new PrivateDestination(Hostname, network.TcpServer)),
                    new PortForward(any, null, Hostname),
                ],
            };
            return edge?.Invoke(network, options) ?? options;
        });
        await network.AddConnectorAsync(transport, connector);
        return network;
    }

    public async Task<RunningConnector> AddConnectorAsync(
        string transport = "quic", Func<ConnectorOptions, ConnectorOptions>? configure = null)
    {
        var connector = await RunningConnector.StartAsync(
            Edge, Credentials, transport, new Uri("http://127.0.0.1:9"), options =>
            {
                options = options with { Quic = LargePackets(options.Quic), Ingress = IngressSnapshot.CatchAll(TcpService()) };
                return configure?.Invoke(options) ?? options;
            });
        Connectors.Add(connector);
        return connector;
    }

    // Discovery of the path's size takes its time, and gives up when a busy machine answers its probes late; it has tests of its
    // own.
    private static QuicTransportOptions LargePackets(QuicTransportOptions options) => options with
    {
        PathMtuDiscovery = false,
        InitialUdpPayloadV4 = options.MaxUdpPayload,
        InitialUdpPayloadV6 = options.MaxUdpPayload,
    };

    public OriginService TcpService() => new OriginService.Tcp("tcp", "127.0.0.1", TcpServer.Port);

    /// <summary>A client of the UDP port.</summary>
    public Socket ConnectUdp(int port = 0)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        socket.Connect(Edge.Node.UdpEndPoints[port]);
        return socket;
    }

    public async ValueTask DisposeAsync()
    {
        Connectors.ForEach(connector => connector.Stop());
        await Edge.DisposeAsync();
        foreach (var connector in Connectors)
        {
            await connector.DisposeAsync();
        }

        await _stop.CancelAsync();
        _udp.Dispose();
        _tcp.Dispose();
        _stop.Dispose();
    }

    // Answers everything with the same, and "?" with the sender's port: the port that the connector's flow has.
    private async Task EchoUdpAsync()
    {
        var buffer = new byte[2048];
        while (true)
        {
            var from = await _udp.ReceiveFromAsync(buffer, SocketFlags.None, new IPEndPoint(IPAddress.Any, 0), _stop.Token);
            var data = buffer.AsMemory(0, from.ReceivedBytes);
            if (data.Span.SequenceEqual("?"u8))
            {
                data = BitConverter.GetBytes(((IPEndPoint)from.RemoteEndPoint).Port);
            }

            await _udp.SendToAsync(data, SocketFlags.None, from.RemoteEndPoint, _stop.Token);
        }
    }

    private async Task EchoTcpAsync()
    {
        while (true)
        {
            var socket = await _tcp.AcceptSocketAsync(_stop.Token);
            _ = Task.Run(async () =>
            {
                await using var stream = new NetworkStream(socket, ownsSocket: true);
                await stream.CopyToAsync(stream, _stop.Token);
            });
        }
    }
}
