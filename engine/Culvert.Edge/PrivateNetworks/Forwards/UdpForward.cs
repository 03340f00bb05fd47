using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using Culvert.Edge.PrivateNetworks.Flows;
using Culvert.Edge.Tunnels;
using Microsoft.Extensions.Logging;

namespace Culvert.Edge.PrivateNetworks.Forwards;

/// <summary>A UDP port of the edge node that leads to one destination behind a tunnel: a flow for each client address.</summary>
internal sealed partial class UdpForward : IAsyncDisposable
{
    /// <summary>Longer than any payload that fits, so that what is too long is seen to be.</summary>
    private const int BufferBytes = 2048;

    /// <summary>Asked of the kernel, which may give less: bursts wait there.</summary>
    private const int KernelBufferBytes = 4 * 1024 * 1024;

    private readonly PrivateDestination _destination;
    private readonly TunnelDirectory _tunnels;
    private readonly FlowTable _flows;
    private readonly ILogger _logger;
    private readonly int _maxClients;
    private readonly Socket _socket;
    private readonly ConcurrentDictionary<SocketAddress, TunnelFlow> _clients = new();
    private readonly CancellationTokenSource _stopping = new();
    private Task _receiving = Task.CompletedTask;
    private bool _hasWarned;

    /// <exception cref="SocketException">The port cannot be bound.</exception>
    public UdpForward(PortForward forward, TunnelDirectory tunnels, FlowTable flows, ILogger logger)
    {
        _destination = forward.Destination!;
        _tunnels = tunnels;
        _flows = flows;
        _logger = logger;
        _maxClients = forward.MaxClients;
        _socket = new Socket(forward.Listen.AddressFamily, SocketType.Dgram, ProtocolType.Udp)
        {
            Blocking = false,
            ReceiveBufferSize = KernelBufferBytes,
        };
        try
        {
            _socket.Bind(forward.Listen);
        }
        catch
        {
            _socket.Dispose();
            throw;
        }

        LocalEndPoint = (IPEndPoint)_socket.LocalEndPoint!;
    }

    public IPEndPoint LocalEndPoint { get; }

    public void Start() => _receiving = ReceiveAsync();

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync().ConfigureAwait(false);
        await _receiving.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        foreach (var (_, flow) in _clients)
        {
            flow.End();
        }

        _socket.Dispose();
        _stopping.Dispose();
    }

    private async Task ReceiveAsync()
    {
        var buffer = GC.AllocateUninitializedArray<byte>(BufferBytes, pinned: true);
        var from = new SocketAddress(_socket.AddressFamily);
        while (true)
        {
            int length;
            try
            {
                length = await _socket.ReceiveFromAsync(buffer, SocketFlags.None, from, _stopping.Token).ConfigureAwait(false);
            }
            catch (SocketException) when (!_stopping.IsCancellationRequested)
            {
                // What was too long, or an ICMP error for what was sent to a client before: that client is gone, not the port.
                continue;
            }

            FlowOf(from)?.Send(buffer.AsSpan(0, length));
        }
    }

    private TunnelFlow? FlowOf(SocketAddress from)
    {
        if (_clients.TryGetValue(from, out var flow))
        {
            return flow;
        }

        if (_clients.Count >= _maxClients || _destination.Find(_tunnels) is not { } tunnel)
        {
            _flows.Counters.CountDropped();
            WarnOnce();
            return null;
        }

        var address = new SocketAddress(from.Family, from.Size);
        from.Buffer.Span[..from.Size].CopyTo(address.Buffer.Span);
        flow = _flows.Open(tunnel, _destination, new Client(this, address));
        if (flow is not null)
        {
            _clients[address] = flow;
        }

        return flow;
    }

    private void WarnOnce()
    {
        if (!_hasWarned)
        {
            _hasWarned = true;
            LogNoFlow(_logger, LocalEndPoint, _destination, _clients.Count);
        }
    }

    [LoggerMessage(
        Level = LogLevel.Warning, Message = "UDP port has no tunnel by that name, or too many clients {listen} {dst} {clients}")]
    private static partial void LogNoFlow(ILogger logger, IPEndPoint listen, PrivateDestination dst, int clients);

    [LoggerMessage(Level = LogLevel.Warning, Message = "UDP destination cannot be reached {listen} {dst}")]
    private static partial void LogRefused(ILogger logger, IPEndPoint listen, PrivateDestination dst);

    private sealed class Client(UdpForward port, SocketAddress address) : IFlowClient
    {
        public void Deliver(TunnelFlow flow, ReadOnlySpan<byte> payload)
        {
            try
            {
                port._socket.SendTo(payload, SocketFlags.None, address);
            }
            catch (Exception e) when (e is SocketException or ObjectDisposedException)
            {
                // The kernel takes no more, or the node stops: UDP loses what does not fit.
            }
        }

        public void Refused(TunnelFlow flow) => LogRefused(port._logger, port.LocalEndPoint, port._destination);

        public void Ended(TunnelFlow flow) => port._clients.TryRemove(KeyValuePair.Create(address, flow));
    }
}
