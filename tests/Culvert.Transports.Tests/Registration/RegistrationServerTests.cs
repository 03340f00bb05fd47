using System.Text;
using Culvert.Transports.Registration;
using Culvert.Transports.Tests.Streams;
using Culvert.Transports.Tests.Vectors;

namespace Culvert.Transports.Tests.Registration;

public class RegistrationServerTests
{
    private const string File = "rpc-control-stream.json";

    public static TheoryData<string, bool> Transcripts => Transcript.All(File);

    [Theory]
    [MemberData(nameof(Transcripts))]
    public async Task Server_reads_the_golden_calls_and_writes_the_golden_bytes(string name, bool pipelined)
    {
        var transcript = Transcript.Load(File, name, pipelined);
        foreach (var fragment in ClientScript.Fragments)
        {
            var service = new RecordedService(name, transcript);
            var answered = await ClientScript.PlayAsync(
                transcript, fragment, stream => RegistrationServer.ServeAsync(stream, service, default));
            Assert.Equal(Convert.ToHexString(transcript.Server), Convert.ToHexString(answered));
            service.AssertCalled();
        }
    }

    /// <summary>Answers as the transcript does.</summary>
    private sealed class RecordedService(string name, Transcript transcript) : IRegistrationService
    {
        private readonly List<string> _calls = [];

        public ValueTask<RegistrationResult> RegisterConnectionAsync(
            RegistrationRequest request, CancellationToken cancellationToken)
        {
            _calls.Add("registerConnection");
            RegistrationSamples.AssertEqual(
                RegistrationSamples.Request(transcript.Decoded.GetProperty("registerConnection")), request);
            return name == "register-rpc-exception"
                ? throw new InvalidOperationException("internal edge failure")
                : ValueTask.FromResult(RegistrationSamples.Result(transcript.Decoded));
        }

        public ValueTask UnregisterConnectionAsync(CancellationToken cancellationToken)
        {
            _calls.Add("unregisterConnection");
            return default;
        }

        public ValueTask UpdateLocalConfigurationAsync(ReadOnlyMemory<byte> json, CancellationToken cancellationToken)
        {
            _calls.Add("updateLocalConfiguration");
            if (name == "local-config-rpc-exception")
            {
                throw new InvalidOperationException("bad config");
            }

            Assert.Equal(
                transcript.Decoded.GetProperty("updateLocalConfiguration").Text("config"), Encoding.UTF8.GetString(json.Span));
            return default;
        }

        public void AssertCalled()
        {
            string[] methods = ["registerConnection", "updateLocalConfiguration", "unregisterConnection"];
            var expected = name == "local-config-rpc-exception"
                ? ["updateLocalConfiguration"]
                : methods.Where(m => transcript.Decoded.TryGetProperty(m, out _));
            Assert.Equal(expected, _calls);
        }
    }
}
