using System.Net;
using Culvert.Transports.Connections;

namespace Culvert.Connector.Tests.Fixtures;

/// <summary>A connection without a transport.</summary>
internal sealed class FakeEdgeConnection(byte index) : EdgeConnection
{
    public override byte Index => index;

    public override string Protocol => "http2";

    public override IPEndPoint RemoteEndPoint { get; } = new(IPAddress.Loopback, 7844);

    public override IPAddress ReportedAddress { get; } = IPAddress.Parse("127.0.0.9");

    public override Task ServeAsync(IEdgeConnectionHandler handler, CancellationToken cancellationToken) =>
        throw new NotSupportedException("Tests call the handler themselves.");

    public override ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
