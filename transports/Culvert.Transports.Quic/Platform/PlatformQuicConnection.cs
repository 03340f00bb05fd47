using System.Net;
using System.Net.Quic;
using System.Runtime.Versioning;
using Culvert.Transports.Quic.Providers;
using PlatformConnection = System.Net.Quic.QuicConnection;

namespace Culvert.Transports.Quic.Platform;

/// <summary>A connection of the platform's QUIC as <see cref="IQuicConnection"/>.</summary>
[SupportedOSPlatform("linux")]
[SupportedOSPlatform("macos")]
[SupportedOSPlatform("windows")]
internal sealed class PlatformQuicConnection(PlatformConnection connection) : IQuicConnection
{
    private readonly CancellationTokenSource _closed = new();

    public IPEndPoint LocalEndPoint => connection.LocalEndPoint;

    public IPEndPoint RemoteEndPoint => connection.RemoteEndPoint;

    // The platform tells the end by failing the accept, which every owner of a connection has pending.
    public CancellationToken ClosedToken => _closed.Token;

    public async ValueTask<IQuicStream> OpenAsync(CancellationToken cancellationToken)
    {
        try
        {
            return new PlatformQuicStream(
                await connection.OpenOutboundStreamAsync(QuicStreamType.Bidirectional, cancellationToken).ConfigureAwait(false));
        }
        catch (Exception e) when (e is QuicException or ObjectDisposedException)
        {
            throw Ended(e);
        }
    }

    public async ValueTask<IQuicStream> AcceptAsync(CancellationToken cancellationToken)
    {
        try
        {
            return new PlatformQuicStream(await connection.AcceptInboundStreamAsync(cancellationToken).ConfigureAwait(false));
        }
        catch (Exception e) when (e is QuicException or ObjectDisposedException)
        {
            throw Ended(e);
        }
    }

    public async ValueTask CloseAsync()
    {
        try
        {
            await connection.CloseAsync(0).ConfigureAwait(false);
        }
        catch (QuicException)
        {
            // It had ended already.
        }

        await connection.DisposeAsync().ConfigureAwait(false);
        await _closed.CancelAsync().ConfigureAwait(false);
    }

    public ValueTask DisposeAsync() => CloseAsync();

    private QuicConnectionException Ended(Exception cause)
    {
        _closed.Cancel();
        return new QuicConnectionException(cause.Message, cause);
    }
}
