using System.Net;

namespace Culvert.Transports.Quic.Loop;

/// <summary>How a loop's socket is opened.</summary>
internal sealed record UdpSocketOptions(IPEndPoint Local)
{
    /// <summary>The only peer, when there is one: the kernel then filters by source and keeps the route.</summary>
    public IPEndPoint? Remote { get; init; }

    /// <summary>Bytes asked for each kernel buffer; zero leaves the system's default. The kernel caps it silently.</summary>
    public int KernelBufferBytes { get; init; }

    public bool SegmentationOffload { get; init; } = true;

    /// <summary>Above 1, this socket is one of so many on the same port.</summary>
    public int ReusePortCount { get; init; } = 1;

    /// <summary>Uses the platform's Socket class even where the batched calls exist.</summary>
    public bool Portable { get; init; }
}
