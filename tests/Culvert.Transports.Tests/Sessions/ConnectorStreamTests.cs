using Culvert.CapnProto.Tests.Streams;
using Culvert.Transports.Sessions;
using Culvert.Transports.Tests.Streams;
using Culvert.Transports.Tests.Vectors;

namespace Culvert.Transports.Tests.Sessions;

/// <summary>Connector-opened RPC streams, in both roles.</summary>
public class ConnectorStreamTests
{
    private const string File = "rpc-connector-to-edge-session.json";
    private const string Name = "connector-unregisters-udp-session";

    private readonly Transcript _transcript = Transcript.Load(File, Name, pipelined: true);

    [Fact]
    public async Task Connector_writes_the_golden_bytes()
    {
        var script = new ServerScript(_transcript);
        await using var client = new SessionClient(script.Stream.Near);
        var (id, message) = Expected();
        var call = await script.FirstAsync(async () =>
        {
            await client.UnregisterUdpSessionAsync(id, message, default);
            return true;
        });
        Assert.True(await call.Within());
        Assert.Equal(Convert.ToHexString(_transcript.Client), Convert.ToHexString(await script.ClientBytesAsync()));
    }

    [Fact]
    public async Task Edge_reads_the_golden_call_and_writes_the_golden_bytes()
    {
        foreach (var fragment in ClientScript.Fragments)
        {
            var service = new RecordingService();
            var answered = await ClientScript.PlayAsync(
                _transcript, fragment, stream => SessionServer.ServeAsync(stream, service, default));
            Assert.Equal(Convert.ToHexString(_transcript.Server), Convert.ToHexString(answered));
            Assert.Equal([Expected()], service.Ended);
        }
    }

    private (Guid Id, string Message) Expected()
    {
        var call = _transcript.Decoded.GetProperty("unregisterUdpSession");
        return (new Guid(call.Hex("sessionIdHex"), bigEndian: true), call.Text("message"));
    }

    private sealed class RecordingService : ISessionService
    {
        public List<(Guid Id, string Message)> Ended { get; } = [];

        public ValueTask<UdpSessionResult> RegisterUdpSessionAsync(
            UdpSessionRequest request, CancellationToken cancellationToken) =>
            throw new NotSupportedException();

        public ValueTask UnregisterUdpSessionAsync(Guid sessionId, string message, CancellationToken cancellationToken)
        {
            Ended.Add((sessionId, message));
            return default;
        }
    }
}
