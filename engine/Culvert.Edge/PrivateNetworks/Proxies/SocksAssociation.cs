using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using Culvert.Edge.PrivateNetworks.Flows;
using Culvert.Engine.Origins.Socks;

namespace Culvert.Edge.PrivateNetworks.Proxies;

/// <summary>
/// The UDP socket of one SOCKS5 client (RFC 1928, section 7): each datagram names its destination, and there is a flow for each.
/// Only the client's address is heard, and of its ports only the one that it announced or used first.
/// </summary>
internal sealed class SocksAssociation : IFlowClient, IAsyncDisposable
{
    // Two reserved bytes and the fragment number, which has to be 0.
    private const int AddressOffset = 3;

    private const int BufferBytes = 2048;

    private readonly PrivateProxy _proxy;
    private readonly IPAddress _client;
    private readonly Socket _socket;
    private readonly ConcurrentDictionary<IPEndPoint, TunnelFlow> _flows = new();
    private readonly FlowSource _source = new();
    private readonly CancellationTokenSource _stopping = new();
    private Task _receiving = Task.CompletedTask;
    private int _clientPort;

    /// <param name="proxy">Says what may be reached.</param>
    /// <param name="local">Address that the client reached the proxy under.</param>
    /// <param name="client">The client's address.</param>
    /// <param name="clientPort">The port it will send from; 0 when it does not know yet.</param>
    public SocksAssociation(PrivateProxy proxy, IPAddress local, IPAddress client, int clientPort)
    {
        _proxy = proxy;
        _client = client;
        _clientPort = clientPort;
        _socket = new Socket(local.AddressFamily, SocketType.Dgram, ProtocolType.Udp) { Blocking = false };
        _socket.Bind(new IPEndPoint(local, 0));
        LocalEndPoint = (IPEndPoint)_socket.LocalEndPoint!;
    }

    public IPEndPoint LocalEndPoint { get; }

    public void Start() => _receiving = ReceiveAsync();

    public void Deliver(TunnelFlow flow, ReadOnlySpan<byte> payload)
    {
        Span<byte> datagram = stackalloc byte[AddressOffset + SocksAddress.MaxBytes + payload.Length];
        datagram[..AddressOffset].Clear();
        var length = AddressOffset + SocksAddress.Of(flow.Destination.EndPoint).Write(datagram[AddressOffset..]);
        payload.CopyTo(datagram[length..]);
        try
        {
            _socket.SendTo(datagram[..(length + payload.Length)], SocketFlags.None, new IPEndPoint(_client, _clientPort));
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // The kernel takes no more, or the association ends.
        }
    }

    public void Refused(TunnelFlow flow)
    {
        // There is no message for it: the client gets no answer.
    }

    public void Unreachable(TunnelFlow flow)
    {
        // The same.
    }

    public void Ended(TunnelFlow flow) => _flows.TryRemove(KeyValuePair.Create(flow.Destination.EndPoint, flow));

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync().ConfigureAwait(false);
        await _receiving.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        foreach (var (_, flow) in _flows)
        {
            flow.End();
        }

        _socket.Dispose();
        _stopping.Dispose();
    }

    private async Task ReceiveAsync()
    {
        var buffer = new byte[BufferBytes];
        EndPoint any = new IPEndPoint(_client.AddressFamily == AddressFamily.InterNetwork ? IPAddress.Any : IPAddress.IPv6Any, 0);
        while (true)
        {
            SocketReceiveFromResult received;
            try
            {
                received = await _socket.ReceiveFromAsync(buffer, SocketFlags.None, any, _stopping.Token).ConfigureAwait(false);
            }
            catch (SocketException) when (!_stopping.IsCancellationRequested)
            {
                continue;
            }

            var from = (IPEndPoint)received.RemoteEndPoint;
            if (from.Address.Equals(_client) && (_clientPort == 0 || _clientPort == from.Port))
            {
                _clientPort = from.Port;
                Forward(buffer.AsSpan(0, received.ReceivedBytes));
            }
        }
    }

    private void Forward(ReadOnlySpan<byte> datagram)
    {
        if (TryReadAddress(datagram, out var address, out var payload)
            && _proxy.Routes.Find(address.IP!, address.Port) is { } destination
            && FlowTo(destination) is { } flow)
        {
            flow.Send(payload, _source);
            _source.Flush();
        }
        else
        {
            _proxy.Flows.Counters.CountDropped();
        }
    }

    // Fragments may be dropped, and names lead nowhere.
    private static bool TryReadAddress(ReadOnlySpan<byte> datagram, out SocksAddress address, out ReadOnlySpan<byte> payload)
    {
        address = SocksAddress.None;
        payload = default;
        try
        {
            if (datagram.Length <= AddressOffset || datagram[2] != 0
                || !SocksAddress.TryRead(datagram[AddressOffset..], out address, out var size))
            {
                return false;
            }

            payload = datagram[(AddressOffset + size)..];
            return address.IP is not null;
        }
        catch (SocksException)
        {
            return false;
        }
    }

    private TunnelFlow? FlowTo(PrivateDestination destination)
    {
        if (_flows.TryGetValue(destination.EndPoint, out var flow))
        {
            return flow;
        }

        if (_flows.Count >= _proxy.MaxDestinations || _proxy.Routes.TunnelOf(destination) is not { } tunnel)
        {
            return null;
        }

        flow = _proxy.Flows.Open(tunnel, destination, this);
        if (flow is not null)
        {
            _flows[destination.EndPoint] = flow;
        }

        return flow;
    }
}
