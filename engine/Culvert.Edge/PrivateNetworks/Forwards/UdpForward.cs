using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using Culvert.Edge.PrivateNetworks.Flows;
using Culvert.Edge.Tunnels;
using Microsoft.Extensions.Logging;

namespace Culvert.Edge.PrivateNetworks.Forwards;

/// <summary>
/// A UDP port of the edge node that leads to one destination behind a tunnel: a flow for each client address, and for each
/// address of the node's that it sends to. A client whose datagrams lead nowhere is told so by ICMP.
/// </summary>
internal sealed partial class UdpForward : IDisposable
{
    private readonly PrivateDestination _destination;
    private readonly TunnelDirectory _tunnels;
    private readonly FlowTable _flows;
    private readonly UnreachableReplies _unreachable;
    private readonly ILogger _logger;
    private readonly int _maxClients;
    private readonly UdpPort _port;
    private readonly FlowSource _source = new();
    private readonly ConcurrentDictionary<UdpPeer, Client> _clients = new();
    private bool _hasWarned;

    /// <exception cref="SocketException">The port cannot be bound.</exception>
    public UdpForward(
        PortForward forward, TunnelDirectory tunnels, FlowTable flows, UnreachableReplies unreachable, ILogger logger)
    {
        _destination = forward.Destination!;
        _tunnels = tunnels;
        _flows = flows;
        _unreachable = unreachable;
        _logger = logger;
        _maxClients = forward.MaxClients;
        _port = new UdpPort(forward.Listen, Receive, _source.Flush);
    }

    public IPEndPoint LocalEndPoint => _port.LocalEndPoint;

    public void Start() => _port.Start();

    /// <summary>Takes what waits in place of the port's thread, which was not started; for tests.</summary>
    public void ReceiveWaiting() => _port.Receive();

    public void Dispose()
    {
        _port.Dispose();
        foreach (var (_, client) in _clients)
        {
            client.Flow.End();
        }
    }

    private void Receive(in UdpPeer from, ReadOnlySpan<byte> payload)
    {
        var client = _clients.GetValueOrDefault(from) ?? Add(from);
        if (client is null)
        {
            _unreachable.Send(from, LocalEndPoint.Port, payload.Length);
            return;
        }

        client.LastLength = payload.Length;
        if (!client.Flow.Send(payload, _source))
        {
            client.TellUnreachable();
        }
    }

    private Client? Add(in UdpPeer from)
    {
        if (_clients.Count >= _maxClients || _destination.Find(_tunnels) is not { } tunnel)
        {
            _flows.Counters.CountDropped();
            WarnOnce();
            return null;
        }

        var client = new Client(this, from);
        if (_flows.Open(tunnel, _destination, client) is not { } flow)
        {
            return null;
        }

        client.Flow = flow;
        return _clients[from] = client;
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

    private sealed class Client(UdpForward forward, UdpPeer peer) : IFlowClient
    {
        public TunnelFlow Flow { get; set; } = null!;

        /// <summary>Bytes of the datagram that came last: the one an ICMP error is about.</summary>
        public int LastLength { get; set; }

        public void Deliver(TunnelFlow flow, ReadOnlySpan<byte> payload) => forward._port.Send(peer, payload);

        public void Refused(TunnelFlow flow)
        {
            LogRefused(forward._logger, forward.LocalEndPoint, forward._destination);
            TellUnreachable();
        }

        public void Unreachable(TunnelFlow flow) => TellUnreachable();

        public void Ended(TunnelFlow flow) => forward._clients.TryRemove(KeyValuePair.Create(peer, this));

        public void TellUnreachable() => forward._unreachable.Send(peer, forward.LocalEndPoint.Port, LastLength);
    }
}
