using Culvert.Transports.Quic;

namespace Culvert.EndToEnd.Tests.Fixtures;

/// <summary>The transports of a tunnel, as <c>--protocol</c> spells them. What a tunnel does is tested over each.</summary>
public sealed class EveryTransport : TheoryData<string>
{
    public EveryTransport()
    {
        Add("http2");
        if (QuicRuntime.IsSupported(out _))
        {
            Add("quic");
        }
    }
}
