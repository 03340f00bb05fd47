using System.Text;
using Culvert.CapnProto.Rpc;
using Culvert.CapnProto.Tests.Streams;
using Culvert.Transports.Registration;
using Culvert.Transports.Tests.Streams;
using Culvert.Transports.Tests.Vectors;

namespace Culvert.Transports.Tests.Registration;

public class RegistrationClientTests
{
    private const string File = "rpc-control-stream.json";

    public static TheoryData<string, bool> Transcripts => Transcript.All(File);

    [Theory]
    [MemberData(nameof(Transcripts))]
    public async Task Client_writes_the_golden_bytes_and_reads_the_golden_results(string name, bool pipelined)
    {
        var transcript = Transcript.Load(File, name, pipelined);
        var script = new ServerScript(transcript);
        await using var client = new RegistrationClient(script.Stream.Near);
        var decoded = transcript.Decoded;
        var hasRegistered = decoded.TryGetProperty("registerConnection", out var register);
        if (hasRegistered)
        {
            var request = RegistrationSamples.Request(register);
            var result = await script.FirstAsync(() => client.RegisterConnectionAsync(request, default));
            await AssertResultAsync(name, transcript, result);
        }

        var config = decoded.TryGetProperty("updateLocalConfiguration", out var update) ? update.Text("config")
            : hasRegistered ? null : "{}";
        if (config is not null)
        {
            ValueTask<bool> Call() => Void(client.UpdateLocalConfigurationAsync(Encoding.UTF8.GetBytes(config), default));
            var result = await (hasRegistered ? script.NextAsync(Call) : script.FirstAsync(Call));
            await AssertVoidAsync(name, transcript, result);
        }

        if (decoded.TryGetProperty("unregisterConnection", out _))
        {
            Assert.True(await (await script.NextAsync(() => Void(client.UnregisterConnectionAsync(default)))).Within());
        }

        Assert.Equal(Convert.ToHexString(transcript.Client), Convert.ToHexString(await script.ClientBytesAsync()));
        await client.CloseAsync().Within();
        await client.Completion.Within();
        var tail = VectorFile.Find(File, "client-close-tail").Hex("clientHex");
        Assert.Equal(Convert.ToHexString(tail), Convert.ToHexString(await script.Stream.Far.Input.DrainAsync()));
    }

    private static async Task AssertResultAsync(string name, Transcript transcript, Task<RegistrationResult> result)
    {
        if (name == "register-rpc-exception")
        {
            var e = await Assert.ThrowsAsync<RpcException>(() => result.Within());
            Assert.Equal(transcript.Decoded.GetProperty("error").Text("cause"), e.Message);
            Assert.True(e.IsRemote);
            return;
        }

        Assert.Equal(RegistrationSamples.Result(transcript.Decoded), await result.Within());
    }

    private static async Task AssertVoidAsync(string name, Transcript transcript, Task<bool> result)
    {
        if (name == "local-config-rpc-exception")
        {
            var e = await Assert.ThrowsAsync<RpcException>(() => result.Within());
            Assert.Equal(transcript.Decoded.Text("error"), e.Message);
            return;
        }

        Assert.True(await result.Within());
    }

    private static async ValueTask<bool> Void(ValueTask call)
    {
        await call;
        return true;
    }
}
