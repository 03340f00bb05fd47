using Culvert.CapnProto.Rpc;
using Culvert.CapnProto.Tests.Streams;
using Culvert.Transports.Configuration;
using Culvert.Transports.Sessions;
using Culvert.Transports.Tests.Streams;
using Culvert.Transports.Tests.Vectors;

namespace Culvert.Transports.Tests.Configuration;

/// <summary>Edge-opened RPC streams, in both roles.</summary>
public class EdgeStreamTests
{
    private const string File = "rpc-edge-to-connector.json";

    public static TheoryData<string, bool> Transcripts => Transcript.All(File);

    [Theory]
    [MemberData(nameof(Transcripts))]
    public async Task Edge_writes_the_golden_bytes_and_reads_the_golden_results(string name, bool pipelined)
    {
        var transcript = Transcript.Load(File, name, pipelined);
        var script = new ServerScript(transcript);
        var decoded = transcript.Decoded;
        if (decoded.TryGetProperty("updateConfiguration", out var update))
        {
            await using var client = new ConfigurationClient(script.Stream.Near);
            var call = await script.FirstAsync(() => client.UpdateConfigurationAsync(EdgeStreamSamples.Update(update), default));
            Assert.Equal(EdgeStreamSamples.UpdateResult(decoded.GetProperty("result")), await call.Within());
            await AssertClientBytesAsync(transcript, script);
            return;
        }

        await using var sessions = new SessionClient(script.Stream.Near);
        if (decoded.TryGetProperty("registerUdpSession", out var register))
        {
            var request = EdgeStreamSamples.Session(register, isSent: true);
            var result = await (await script.FirstAsync(() => sessions.RegisterUdpSessionAsync(request, default))).Within();
            var expected = EdgeStreamSamples.SessionResult(decoded.GetProperty("result"));
            Assert.Equal(expected.Error, result.Error);
            Assert.Equal(expected.Spans.ToArray(), result.Spans.ToArray());
        }
        else
        {
            var unregister = decoded.GetProperty("unregisterUdpSession");
            var id = new Guid(unregister.Hex("sessionIdHex"), bigEndian: true);
            var call = await script.FirstAsync(async () =>
            {
                await sessions.UnregisterUdpSessionAsync(id, unregister.Text("message"), default);
                return true;
            });
            if (decoded.TryGetProperty("error", out var error))
            {
                Assert.Equal(error.GetString(), (await Assert.ThrowsAsync<RpcException>(() => call.Within())).Message);
            }
            else
            {
                Assert.True(await call.Within());
            }
        }

        await AssertClientBytesAsync(transcript, script);
    }

    [Theory]
    [MemberData(nameof(Transcripts))]
    public async Task C36_Connector_reads_the_golden_calls_and_writes_the_golden_bytes(string name, bool pipelined)
    {
        var transcript = Transcript.Load(File, name, pipelined);
        foreach (var fragment in ClientScript.Fragments)
        {
            var service = new RecordedService(transcript);
            var answered = await ClientScript.PlayAsync(
                transcript,
                fragment,
                stream => CloudflaredServer.ServeAsync(stream, service, service, Timeout.InfiniteTimeSpan, null, default));
            Assert.Equal(Convert.ToHexString(transcript.Server), Convert.ToHexString(answered));
            Assert.Equal(1, service.Calls);
        }
    }

    [Fact]
    public async Task C40_Address_of_three_bytes_is_refused_in_the_originals_words()
    {
        var transcript = Transcript.Load(File, "register-udp-session-v4", pipelined: true);
        var service = new RecordedService(transcript);

        // The length of the address: a list of bytes, four of them, made three.
        ReadOnlySpan<byte> four = [0x0d, 0, 0, 0, 0x22, 0, 0, 0];
        var at = transcript.Client.AsSpan().IndexOf(four);
        Assert.True(at > 0);
        transcript.Client[at + 4] = 0x1a;
        var answered = await ClientScript.PlayAsync(
            transcript,
            int.MaxValue,
            stream => CloudflaredServer.ServeAsync(stream, service, service, Timeout.InfiniteTimeSpan, null, default));
        Assert.True(answered.AsSpan().IndexOf("unable to parse destination IP"u8) > 0);
        Assert.Equal(0, service.Calls);
    }

    private static async Task AssertClientBytesAsync(Transcript transcript, ServerScript script) =>
        Assert.Equal(Convert.ToHexString(transcript.Client), Convert.ToHexString(await script.ClientBytesAsync()));

    private sealed class RecordedService(Transcript transcript) : IConfigurationService, ISessionService
    {
        public int Calls { get; private set; }

        public ValueTask<ConfigurationUpdateResult> UpdateConfigurationAsync(
            ConfigurationUpdate update, CancellationToken cancellationToken)
        {
            Calls++;
            var expected = EdgeStreamSamples.Update(transcript.Decoded.GetProperty("updateConfiguration"));
            Assert.Equal(expected.Version, update.Version);
            Assert.Equal(expected.Json.ToArray(), update.Json.ToArray());
            return ValueTask.FromResult(EdgeStreamSamples.UpdateResult(transcript.Decoded.GetProperty("result")));
        }

        public ValueTask<UdpSessionResult> RegisterUdpSessionAsync(UdpSessionRequest request, CancellationToken cancellationToken)
        {
            Calls++;
            Assert.Equal(
                EdgeStreamSamples.Session(transcript.Decoded.GetProperty("registerUdpSession"), isSent: false), request);
            return ValueTask.FromResult(EdgeStreamSamples.SessionResult(transcript.Decoded.GetProperty("result")));
        }

        public ValueTask UnregisterUdpSessionAsync(Guid sessionId, string message, CancellationToken cancellationToken)
        {
            Calls++;
            var expected = transcript.Decoded.GetProperty("unregisterUdpSession");
            Assert.Equal(new Guid(expected.Hex("sessionIdHex"), bigEndian: true), sessionId);
            Assert.Equal(expected.Text("message"), message);
            return transcript.Decoded.TryGetProperty("error", out _)
                ? throw new InvalidOperationException("session not found")
                : default;
        }
    }
}
