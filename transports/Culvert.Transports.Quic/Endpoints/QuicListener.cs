using System.Net;
using System.Threading.Channels;
using Culvert.Transports.Quic.Endpoints;
using Culvert.Transports.Quic.Loop;

namespace Culvert.Transports.Quic;

/// <summary>A QUIC server on one UDP port. Thread-safe.</summary>
public sealed class QuicListener : IAsyncDisposable
{
    private readonly Channel<QuicConnection> _accepted;
    private readonly ServerIdentity _identity;
    private readonly EndpointLoop[] _loops;

    private QuicListener(QuicServerOptions options)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(options.Loops, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(options.Loops, 64);
        ArgumentOutOfRangeException.ThrowIfLessThan(options.AcceptBacklog, 1);
        _identity = new ServerIdentity(options);
        _accepted = Channel.CreateBounded<QuicConnection>(options.AcceptBacklog);
        _loops = new EndpointLoop[options.Loops];
        LocalEndPoint = options.EndPoint;
        var opened = 0;
        try
        {
            for (; opened < _loops.Length; opened++)
            {
                _loops[opened] = CreateLoop(options, opened);
                LocalEndPoint = _loops[opened].Socket.LocalAddress.ToEndPoint();
            }
        }
        catch
        {
            for (var i = 0; i < opened; i++)
                _loops[i].Abandon();
            _identity.Dispose();
            throw;
        }
    }

    /// <summary>Where the server listens, with the real port.</summary>
    public IPEndPoint LocalEndPoint { get; }

    internal IReadOnlyList<EndpointLoop> Loops => _loops;

    /// <summary>Opens the port and starts the loops.</summary>
    /// <exception cref="QuicUnavailableException">QUIC cannot be used here.</exception>
    /// <exception cref="System.Net.Sockets.SocketException">The address cannot be bound.</exception>
    /// <exception cref="ArgumentException">An option is out of range, or the certificate or key cannot be read.</exception>
    public static ValueTask<QuicListener> BindAsync(QuicServerOptions options, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(options);
        cancellationToken.ThrowIfCancellationRequested();
        var listener = new QuicListener(options);
        foreach (var loop in listener._loops)
            loop.Start();
        return new ValueTask<QuicListener>(listener);
    }

    /// <summary>The next connection whose handshake has finished. The caller closes it.</summary>
    /// <exception cref="ObjectDisposedException">The listener was disposed.</exception>
    public async ValueTask<QuicConnection> AcceptAsync(CancellationToken cancellationToken = default)
    {
        try
        {
            return await _accepted.Reader.ReadAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (ChannelClosedException)
        {
            throw new ObjectDisposedException(nameof(QuicListener));
        }
    }

    /// <summary>Refuses further clients with CONNECTION_REFUSED; connections go on.</summary>
    public void StopAccepting()
    {
        foreach (var loop in _loops)
            loop.FrontDoor!.IsClosed = true;
    }

    /// <summary>Shows clients another certificate, from the next handshake on. Connections that are open stay.</summary>
    /// <param name="certificatePem">The certificate in PEM, followed by its intermediates.</param>
    /// <param name="privateKeyPem">Its private key in PEM, unencrypted.</param>
    /// <exception cref="ArgumentException">They cannot be read or do not belong together; the old one stays.</exception>
    public void Present(string certificatePem, string privateKeyPem) => _identity.Present(certificatePem, privateKeyPem);

    /// <summary>Closes every connection with application code 0 and empty reason, and the port.</summary>
    public async ValueTask DisposeAsync()
    {
        _accepted.Writer.TryComplete();
        foreach (var loop in _loops)
            loop.Stop();
        foreach (var loop in _loops)
            await loop.Stopped.ConfigureAwait(false);
        _identity.Dispose();
    }

    private EndpointLoop CreateLoop(QuicServerOptions options, int index)
    {
        var socket = UdpSocket.Open(new UdpSocketOptions(LocalEndPoint)
        {
            KernelBufferBytes = options.Transport.SocketBuffer,
            SegmentationOffload = options.Transport.SegmentationOffload,
            Portable = options.Transport.PortableSocket,
            ReusePortCount = options.Loops,
        });
        var loop = new EndpointLoop(socket, $"quic server {index}", new ConnectionIdTable(index, options.Loops));
        loop.FrontDoor = new FrontDoor(loop, _identity, options, _accepted.Writer);
        return loop;
    }
}
