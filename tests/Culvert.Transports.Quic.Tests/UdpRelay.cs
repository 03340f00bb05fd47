using System.Net;
using System.Net.Sockets;

namespace Culvert.Transports.Quic.Tests;

/// <summary>A UDP forwarder between one client and a server: drops, alters, or changes the address the server sees.</summary>
internal sealed class UdpRelay : IAsyncDisposable
{
    private readonly Socket _inner = new(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
    private IPEndPoint _server;
    private readonly CancellationTokenSource _stop = new();
    private readonly List<Task> _pumps = [];
    private volatile Socket _outer;
    private volatile EndPoint? _client;

    public UdpRelay(IPEndPoint server)
    {
        _server = server;
        _inner.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        _outer = OpenOuter();
        _pumps.Add(PumpInAsync());
    }

    public IPEndPoint EndPoint => (IPEndPoint)_inner.LocalEndPoint!;

    /// <summary>
    /// Decides about every packet: what to send on instead, or null to drop it. The flag is true towards the server.
    /// </summary>
    public Func<byte[], bool, byte[]?> Filter { get; set; } = (packet, _) => packet;

    /// <summary>From now on the server sees another source port.</summary>
    public void Rebind() => _outer = OpenOuter();

    /// <summary>From now on packets go to another server, and come from it alone.</summary>
    public void Redirect(IPEndPoint server)
    {
        _server = server;
        _outer = OpenOuter();
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await Task.WhenAll(_pumps.ToArray());
        _inner.Dispose();
        _stop.Dispose();
    }

    private Socket OpenOuter()
    {
        var outer = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        outer.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        outer.Connect(_server);
        lock (_pumps)
            _pumps.Add(PumpOutAsync(outer));
        return outer;
    }

    private async Task PumpInAsync()
    {
        var buffer = new byte[65536];
        while (!_stop.IsCancellationRequested)
        {
            try
            {
                var result = await _inner.ReceiveFromAsync(buffer, new IPEndPoint(IPAddress.Any, 0), _stop.Token);
                _client = result.RemoteEndPoint;
                if (Filter(buffer[..result.ReceivedBytes], true) is { } packet)
                    await _outer.SendAsync(packet, _stop.Token);
            }
            catch (Exception error) when (error is SocketException or OperationCanceledException)
            {
                // A closed peer's ICMP error, or the end of the test.
            }
        }
    }

    private async Task PumpOutAsync(Socket outer)
    {
        var buffer = new byte[65536];
        while (!_stop.IsCancellationRequested)
        {
            try
            {
                var length = await outer.ReceiveAsync(buffer, _stop.Token);
                if (outer == _outer && _client is { } client && Filter(buffer[..length], false) is { } packet)
                    await _inner.SendToAsync(packet, SocketFlags.None, client, _stop.Token);
            }
            catch (Exception error) when (error is SocketException or OperationCanceledException)
            {
                // As above.
            }
        }
        outer.Dispose();
    }
}
