using Culvert.Transports.Quic;

namespace Culvert.EndToEnd.Tests.Fixtures;

/// <summary>The same as <see cref="QuicFactAttribute"/> for tests with data.</summary>
public sealed class QuicTheoryAttribute : TheoryAttribute
{
    public QuicTheoryAttribute()
    {
        if (!QuicRuntime.IsSupported(out var reason))
        {
            Skip = reason;
        }
    }
}
