using System.Net;
using System.Net.Sockets;
using Culvert.Ingress.OriginRequests;
using Culvert.Ingress.Values;

namespace Culvert.Engine.Origins.Dialing;

/// <summary>Connects to hosts by TCP. Thread-safe.</summary>
/// <param name="settings">Timeouts, keep-alive and whether families race.</param>
/// <param name="time">The clock of the timeouts; null for the system's.</param>
/// <param name="resolve">Gives the addresses of a name in the order to try them; null asks the system.</param>
internal sealed class TcpDialer(
    OriginRequest settings, TimeProvider? time = null, Func<string, CancellationToken, Task<IPAddress[]>>? resolve = null)
{
    private readonly TimeProvider _time = time ?? TimeProvider.System;
    private readonly HappyEyeballs<Socket> _race = new(time ?? TimeProvider.System);

    /// <summary>Connects to the first address of a host that answers.</summary>
    /// <param name="host">A name or an IP address without brackets.</param>
    /// <param name="port">1 to 65535.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="DialException">There is no connection.</exception>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public async ValueTask<Socket> ConnectAsync(string host, int port, CancellationToken cancellationToken)
    {
        if (port is < 1 or > ushort.MaxValue)
        {
            throw new DialException("tcp", $"address {port}: invalid port");
        }

        using var deadline = Deadline.Start(settings.ConnectTimeout, _time, cancellationToken);
        try
        {
            var addresses = IPAddress.TryParse(host, out var literal) && !IpText.IsLooseAddress(host)
                ? [literal]
                : await ResolveAsync(host, deadline.Token).ConfigureAwait(false);
            ValueTask<Socket> Attempt(IPAddress address, CancellationToken token) =>
                ConnectAsync(new IPEndPoint(address, port), token);
            return settings.NoHappyEyeballs
                ? await HappyEyeballs<Socket>.InTurnAsync(addresses, Attempt, deadline.Token).ConfigureAwait(false)
                : await _race.RaceAsync(addresses, Attempt, deadline.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new DialException(
                $"tcp {(host.Contains(':', StringComparison.Ordinal) ? $"[{host}]" : host)}:{port}", SocketError.TimedOut);
        }
    }

    /// <summary>The addresses of a name; at least one.</summary>
    /// <exception cref="DialException">The name is unknown.</exception>
    public async Task<IPAddress[]> ResolveAsync(string host, CancellationToken cancellationToken)
    {
        if (IpText.IsLooseAddress(host))
        {
            throw new DialException("tcp", $"lookup {host}: no such host", SocketError.HostNotFound);
        }

        try
        {
            var addresses = resolve is null
                ? await Dns.GetHostAddressesAsync(host, cancellationToken).ConfigureAwait(false)
                : await resolve(host, cancellationToken).ConfigureAwait(false);
            return addresses.Length > 0
                ? addresses : throw new DialException("tcp", $"lookup {host}: no such host", SocketError.HostNotFound);
        }
        catch (Exception e) when (e is SocketException or ArgumentException)
        {
            throw new DialException("tcp", $"lookup {host}: no such host", SocketError.HostNotFound);
        }
    }

    private async ValueTask<Socket> ConnectAsync(IPEndPoint address, CancellationToken cancellationToken)
    {
        var socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(address, cancellationToken).ConfigureAwait(false);
            KeepAliveProbes.Set(socket, settings.TcpKeepAlive);
            return socket;
        }
        catch (Exception e)
        {
            socket.Dispose();
            throw e is SocketException failure ? new DialException($"tcp {address}", failure.SocketErrorCode) : e;
        }
    }
}
