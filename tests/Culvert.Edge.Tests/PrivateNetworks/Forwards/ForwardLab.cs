using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Culvert.Edge.PrivateNetworks.Forwards;
using Culvert.Edge.Tunnels;
using Microsoft.Extensions.Logging.Abstractions;

namespace Culvert.Edge.Tests.PrivateNetworks.Forwards;

/// <summary>A UDP port whose thread the test is, before a connector that the test is too.</summary>
internal sealed class ForwardLab : IAsyncDisposable
{
    private readonly UnreachableReplies _replies;

    /// <param name="listen">An address of the host's, or the wildcard.</param>
    /// <param name="hasTunnel">Whether there is the tunnel that the port leads to.</param>
    public ForwardLab(IPAddress listen, bool hasTunnel = true)
    {
        var directory = new TunnelDirectory();
        if (hasTunnel)
        {
            directory.TryAdd(Flows.Tunnel);
        }

        _replies = new UnreachableReplies(Flows.Table.Counters, Flows.Time, NullLogger.Instance);
        Forward = new UdpForward(
            new PortForward(new IPEndPoint(listen, 0), FlowLab.Destination), directory, Flows.Table, _replies,
            NullLogger.Instance);
    }

    public FlowLab Flows { get; } = new();

    public UdpForward Forward { get; }

    /// <summary>A client that hears answers from the address alone that it sends to.</summary>
    public Socket Connect(IPAddress server)
    {
        var socket = new Socket(server.AddressFamily, SocketType.Dgram, ProtocolType.Udp) { ReceiveTimeout = 20_000 };
        socket.Connect(new IPEndPoint(server, Forward.LocalEndPoint.Port));
        return socket;
    }

    /// <summary>Has the port take what comes until something is so.</summary>
    public void Until(Func<bool> condition)
    {
        var limit = Stopwatch.StartNew();
        while (!condition())
        {
            Assert.True(limit.Elapsed < TimeSpan.FromSeconds(20), "it did not happen");
            Forward.ReceiveWaiting();
        }
    }

    /// <summary>Opens a client's flow, and takes its first datagram.</summary>
    public UInt128 Open(FakeDatagrams connector, Socket client)
    {
        client.Send("first"u8);
        Until(() => connector.Sent.Count > 0);
        var id = connector.NextRegistration();
        connector.Answer(id);
        Assert.Equal("first"u8.ToArray(), connector.NextPayload(id));
        return id;
    }

    public async ValueTask DisposeAsync()
    {
        Forward.Dispose();
        _replies.Dispose();
        await Flows.DisposeAsync();
    }
}
