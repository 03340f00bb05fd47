using System.Runtime.Versioning;
using Culvert.Transports.Quic.Providers;
using PlatformListener = System.Net.Quic.QuicListener;

namespace Culvert.Transports.Quic.Platform;

/// <summary>A listener of the platform's QUIC.</summary>
[SupportedOSPlatform("linux")]
[SupportedOSPlatform("macos")]
[SupportedOSPlatform("windows")]
internal sealed class PlatformQuicListener(PlatformListener listener) : IAsyncDisposable
{
    public async ValueTask<IQuicConnection> AcceptAsync(CancellationToken cancellationToken) =>
        new PlatformQuicConnection(await listener.AcceptConnectionAsync(cancellationToken).ConfigureAwait(false));

    public ValueTask DisposeAsync() => listener.DisposeAsync();
}
