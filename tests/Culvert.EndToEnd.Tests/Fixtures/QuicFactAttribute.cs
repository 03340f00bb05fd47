using Culvert.Transports.Quic;

namespace Culvert.EndToEnd.Tests.Fixtures;

/// <summary>A test that needs QUIC; skipped, with what is missing, where it cannot be had.</summary>
public sealed class QuicFactAttribute : FactAttribute
{
    public QuicFactAttribute()
    {
        if (!QuicRuntime.IsSupported(out var reason))
        {
            Skip = reason;
        }
    }
}
