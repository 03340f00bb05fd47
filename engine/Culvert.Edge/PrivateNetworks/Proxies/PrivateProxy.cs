using System.IO.Pipelines;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using Culvert.Edge.PrivateNetworks.Flows;
using Culvert.Edge.PrivateNetworks.Forwards;
using Culvert.Edge.PrivateNetworks.Streams;

namespace Culvert.Edge.PrivateNetworks.Proxies;

/// <summary>
/// A proxy into private networks that speaks SOCKS5 (RFC 1928, 1929) and HTTP CONNECT on one port; the first byte tells which.
/// </summary>
internal sealed class PrivateProxy : IAsyncDisposable
{
    private readonly PrivateProxyOptions _options;
    private readonly TcpClients _clients;
    private readonly TimeProvider _time;
    private readonly byte[] _user;

    /// <exception cref="SocketException">The address cannot be bound.</exception>
    public PrivateProxy(
        PrivateProxyOptions options, PrivateRoutes routes, TunnelStreams streams, FlowTable flows, TimeProvider time)
    {
        _options = options;
        _time = time;
        Routes = routes;
        Streams = streams;
        Flows = flows;
        _user = Hash(options.Credentials?.UserName ?? "", options.Credentials?.Password ?? "");
        _clients = new TcpClients(options.Listen, options.MaxClients, ServeAsync);
    }

    public IPEndPoint LocalEndPoint => _clients.LocalEndPoint;

    public PrivateRoutes Routes { get; }

    public TunnelStreams Streams { get; }

    public FlowTable Flows { get; }

    public int MaxDestinations => _options.MaxDestinations;

    /// <summary>Whether clients have to say who they are.</summary>
    public bool AsksForPassword => _options.Credentials is not null;

    public void Start() => _clients.Start();

    public ValueTask DisposeAsync() => _clients.DisposeAsync();

    /// <summary>Whether name and password are those; takes the same time whatever is wrong.</summary>
    public bool Accepts(string user, string password) => CryptographicOperations.FixedTimeEquals(Hash(user, password), _user);

    /// <summary>Opens a stream to an address.</summary>
    /// <returns>Null when it may not be reached.</returns>
    /// <exception cref="TunnelStreamException">It may be, but cannot.</exception>
    public async Task<OpenedStream?> OpenAsync(IPAddress? address, int port, CancellationToken cancellationToken)
    {
        if (address is null || Routes.Find(address, port) is not { } destination)
        {
            return null;
        }

        var tunnel = Routes.TunnelOf(destination)
            ?? throw new TunnelStreamException($"there is no tunnel {destination.Tunnel}");
        return await Streams.OpenAsync(tunnel, destination.EndPoint, cancellationToken).ConfigureAwait(false);
    }

    // The length comes first: no two pairs are the same bytes.
    private static byte[] Hash(string user, string password) =>
        SHA256.HashData(Encoding.UTF8.GetBytes($"{user.Length}:{user}{password}"));

    private async Task ServeAsync(Socket socket, PipeReader input, CancellationToken cancellationToken)
    {
        using var handshake = new CancellationTokenSource(_options.HandshakeTimeout, _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(handshake.Token, cancellationToken);
        var read = await input.ReadAsync(either.Token).ConfigureAwait(false);
        if (read.Buffer.IsEmpty)
        {
            return;
        }

        var isSocks = read.Buffer.FirstSpan[0] == SocksClient.Version;
        input.AdvanceTo(read.Buffer.Start);
        if (isSocks)
        {
            await new SocksClient(this, socket, input).RunAsync(either.Token, cancellationToken).ConfigureAwait(false);
        }
        else
        {
            await new ConnectClient(this, socket, input).RunAsync(either.Token, cancellationToken).ConfigureAwait(false);
        }
    }
}
