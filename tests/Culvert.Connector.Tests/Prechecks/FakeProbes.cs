using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using Culvert.Connector.Prechecks;
using Culvert.Transports.Connections;

namespace Culvert.Connector.Tests.Prechecks;

/// <summary>A network whose answers a test decides on.</summary>
internal sealed class FakeProbes : IEdgeProbes
{
    public static readonly IPEndPoint First4 = IPEndPoint.Parse("192.0.2.1:7844");
    public static readonly IPEndPoint First6 = IPEndPoint.Parse("[2001:db8::1]:7844");
    public static readonly IPEndPoint Second4 = IPEndPoint.Parse("192.0.2.2:7844");
    public static readonly IPEndPoint Second6 = IPEndPoint.Parse("[2001:db8::2]:7844");

    public IReadOnlyList<ResolvedTarget> Targets { get; set; } =
        [new("region1.v2.argotunnel.com", [First4]), new("region2.v2.argotunnel.com", [Second4])];

    public Func<IPEndPoint, bool> Quic { get; set; } = _ => true;

    public Func<IPEndPoint, bool> Http2 { get; set; } = _ => true;

    public bool Api { get; set; } = true;

    /// <summary>Dials do not end before they are given up.</summary>
    public bool Hangs { get; set; }

    public ConcurrentQueue<(string Transport, IPEndPoint Address)> Dials { get; } = [];

    public int Lookups { get; private set; }

    public string? ApiTarget { get; set; } = EdgeProbes.HostedApi;

    public Task<IReadOnlyList<ResolvedTarget>> ResolveAsync(CancellationToken cancellationToken)
    {
        Lookups++;
        return Task.FromResult(Targets);
    }

    public Task QuicAsync(IPEndPoint address, CancellationToken cancellationToken) =>
        DialAsync("quic", address, Quic, cancellationToken);

    public Task Http2Async(IPEndPoint address, CancellationToken cancellationToken) =>
        DialAsync("http2", address, Http2, cancellationToken);

    public Task ApiAsync(CancellationToken cancellationToken) =>
        Api ? Task.CompletedTask : Task.FromException(new SocketException((int)SocketError.ConnectionRefused));

    private async Task DialAsync(
        string transport, IPEndPoint address, Func<IPEndPoint, bool> answers, CancellationToken cancellationToken)
    {
        Dials.Enqueue((transport, address));
        if (Hangs)
        {
            await Task.Delay(Timeout.Infinite, cancellationToken);
        }

        if (!answers(address))
        {
            throw new EdgeDialException("no answer");
        }
    }
}
