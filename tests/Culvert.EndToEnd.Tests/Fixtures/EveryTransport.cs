using Culvert.Transports.Quic;

namespace Culvert.EndToEnd.Tests.Fixtures;

/// <summary>The transports between connector and edge, as <c>--protocol</c> spells them. Tests of the tunnel run over each.</summary>
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
