using System.Net;
using System.Net.Sockets;
using Culvert.Transports.Http2.EdgeRole;

namespace Culvert.EndToEnd.Tests.HostilePeers;

/// <summary>What an edge node sends may be anything; the connector closes that connection and serves on over the other.</summary>
public sealed class HostileEdgeTests
{
    [Fact]
    public Task Garbage_instead_of_tls_is_dialled_again() => AssertOtherEdgeServedAsync(async (listener, _) =>
    {
        await using var peer = new RawPeer(await listener.AcceptSocketAsync().InTime());
        await peer.WriteAsync("220 mail.example.org ESMTP\r\n");
        await peer.ReadToEndAsync();
    });

    [Fact]
    public Task Garbage_instead_of_http2_closes_that_connection() => AssertOtherEdgeServedAsync(async (listener, good) =>
    {
        await using var peer = await HostileConnection.AcceptAsync(listener, good.Certificates.Server);
        await peer.WriteAsync(Pattern.Bytes(0, 1000));
        await peer.EndedAsync();
    });

    [Fact]
    public Task Frame_beyond_all_limits_closes_that_connection() => AssertOtherEdgeServedAsync(async (listener, good) =>
    {
        await using var peer = await HostileConnection.AcceptAsync(listener, good.Certificates.Server);
        await peer.WriteAsync("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"u8.ToArray());
        await peer.WriteAsync(new byte[] { 0xFF, 0xFF, 0xFF, 4, 0, 0, 0, 0, 0 });
        await peer.EndedAsync();
    });

    [Fact]
    public Task Malformed_rpc_on_control_stream_closes_that_connection() => AssertOtherEdgeServedAsync(async (listener, good) =>
    {
        var socket = await listener.AcceptSocketAsync().InTime();
        var certificate = System.Net.Security.SslStreamCertificateContext.Create(good.Certificates.Server, null, offline: true);
        await using var connection = await Http2ConnectorConnection.AcceptAsync(
            socket, certificate, TimeProvider.System, CancellationToken.None);
        var control = await connection.GetControlStreamAsync(CancellationToken.None).InTime();
        await control.Output.WriteAsync(Pattern.Bytes(0, 4096)).InTime();
        var closed = new TaskCompletionSource();
        await using var registration = connection.Closed.Register(closed.SetResult);
        await closed.Task.InTime();
    });

    // One connection goes to a good edge, the other to the hostile one, which listens when the first has registered: which of
    // them is tried first is chance.
    private static async Task AssertOtherEdgeServedAsync(Func<TcpListener, TestEdge, Task> attack)
    {
        IPEndPoint hostile;
        using (var reserved = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp))
        {
            reserved.Bind(new IPEndPoint(IPAddress.Loopback, 0));
            hostile = (IPEndPoint)reserved.LocalEndPoint!;
        }

        await using var origin = RawOrigin.Answering("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nstill");
        await using var tunnel = await Tunnel.StartAsync(
            "http2", origin.Address,
            connector: o => o with { Connections = 2, EdgeAddresses = [o.EdgeAddresses[0], hostile] });
        using var listener = new TcpListener(hostile);
        listener.Start();

        await attack(listener, tunnel.Edge);

        Assert.Equal("still", await tunnel.Visitor.GetStringAsync("/"));
        Assert.False(tunnel.Connector.Running.IsCompleted);
        await tunnel.Connector.Log.WaitForAsync("Retrying connection");
    }
}
