using Culvert.Transports.Quic.EdgeRole;
using Culvert.Transports.Quic.Providers;

namespace Culvert.EndToEnd.Tests.Fixtures;

/// <summary>A test that needs the platform's QUIC; skipped, with what is missing, where it cannot be had.</summary>
public sealed class PlatformQuicTheoryAttribute : TheoryAttribute
{
    public PlatformQuicTheoryAttribute() => Skip = QuicTunnelListener.Missing(QuicProvider.MsQuic);
}
