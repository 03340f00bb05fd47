using System.IO.Pipelines;
using Culvert.Transports.Configuration;
using Culvert.Transports.Connections;
using Culvert.Transports.Http2.ConnectorRole;
using Culvert.Transports.Quic.ConnectorRole;
using Culvert.Transports.Streams;
using Culvert.Transports.Tls;

namespace Culvert.EndToEnd.Tests.HostilePeers;

/// <summary>What a connector does on its control stream instead of registering.</summary>
internal enum ControlScript
{
    Nothing,
    Silence,
    Garbage,
    AbsurdSize,
}

/// <summary>A connector that speaks the transport well and the registration badly.</summary>
internal sealed class ScriptedConnector : IEdgeConnectionHandler, IAsyncDisposable
{
    private readonly ControlScript _script;
    private readonly IEdgeDialer _dialer;
    private EdgeConnection? _connection;

    private ScriptedConnector(ControlScript script, IEdgeDialer dialer)
    {
        _script = script;
        _dialer = dialer;
    }

    public StreamSlots Slots { get; } = new();

    /// <summary>Ends when the edge has closed the connection.</summary>
    public Task Ended { get; private set; } = Task.CompletedTask;

    public static async Task<ScriptedConnector> DialAsync(TestEdge edge, string transport, ControlScript script)
    {
        var trust = EdgeTrust.Only(edge.Certificates.Authority);
        IEdgeDialer dialer = transport == "quic" ? new QuicEdgeDialer(trust) : new Http2EdgeDialer(trust);
        var connector = new ScriptedConnector(script, dialer);
        connector._connection = await dialer.DialAsync(edge.Node.ConnectorEndPoint, 0, CancellationToken.None).InTime();
        connector.Ended = connector._connection.ServeAsync(connector, CancellationToken.None);
        return connector;
    }

    public async Task ServeControlStreamAsync(IDuplexPipe stream, CancellationToken cancellationToken)
    {
        switch (_script)
        {
            case ControlScript.Garbage:
                await stream.Output.WriteAsync(Pattern.Bytes(0, 4096), cancellationToken);
                break;
            case ControlScript.AbsurdSize:
                // One segment of 2^31 words.
                await stream.Output.WriteAsync(new byte[] { 0, 0, 0, 0, 0, 0, 0, 0x80 }, cancellationToken);
                break;
            case ControlScript.Silence:
                await stream.Output.FlushAsync(cancellationToken);
                break;
            default:
                return;
        }

        await Task.Delay(Timeout.InfiniteTimeSpan, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    public ValueTask ServeRequestAsync(EdgeStream stream) => throw new NotSupportedException("It never registered.");

    public ValueTask<ConfigurationUpdateResult> UpdateConfigurationAsync(ConfigurationUpdate update, CancellationToken ct) =>
        throw new NotSupportedException("It never registered.");

    public async ValueTask DisposeAsync()
    {
        await _connection!.DisposeAsync();
        await _dialer.DisposeAsync();
    }
}
