using System.IO.Pipelines;
using System.Net;
using Culvert.CapnProto.Messages;
using Culvert.CapnProto.Rpc;
using Culvert.CapnProto.Tests.Streams;
using Culvert.Transports.Registration;
using Culvert.Transports.Tests.Vectors;

namespace Culvert.Transports.Tests.Registration;

/// <summary>Golden conversations with faults in them: whatever comes, both sides end in an orderly way.</summary>
public class HostileRpcTests
{
    private const string File = "rpc-control-stream.json";
    private const int Rounds = 3000;

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Server_survives_any_client(bool pipelined)
    {
        var random = new Random(6);
        var golden = Transcript.Load(File, "full-life", pipelined).Client;
        var (fine, refused, registered) = (0, 0, 0);
        for (var i = 0; i < Rounds; i++)
        {
            var stream = new DuplexPair();
            var service = new AcceptingService();
            var serving = RegistrationServer.ServeAsync(stream.Far, service, default);
            await SendAsync(stream.Near.Output, Mutate(golden, random));
            if (await EndsWellAsync(serving))
            {
                fine++;
            }
            else
            {
                refused++;
            }

            registered += service.Registered;
            Assert.True((await stream.Near.Input.DrainAsync()).Length % 8 == 0, "the answer was cut");
        }

        // Were all refused at the first message, or none at all, the faults would test nothing.
        Assert.True(fine > 100 && refused > 100 && registered > 100, $"{fine} fine, {refused} refused, {registered} registered");
    }

    [Fact]
    public async Task Client_survives_any_server()
    {
        var random = new Random(7);
        var transcript = Transcript.Load(File, "register-success-remote", pipelined: true);
        var request = RegistrationSamples.Request(transcript.Decoded.GetProperty("registerConnection"));
        var (fine, refused) = (0, 0);
        for (var i = 0; i < Rounds; i++)
        {
            var stream = new DuplexPair();
            await using var client = new RegistrationClient(stream.Near);
            var call = client.RegisterConnectionAsync(request, default).AsTask();
            await SendAsync(stream.Far.Output, Mutate(transcript.Server, random));
            if (await EndsWellAsync(call))
            {
                fine++;
            }
            else
            {
                refused++;
            }

            await EndsWellAsync(client.Completion);
        }

        Assert.True(fine > 100 && refused > 100, $"{fine} fine, {refused} refused");
    }

    [Fact]
    public async Task Truncated_conversation_ends_at_every_length()
    {
        var golden = Transcript.Load(File, "full-life", pipelined: true).Client;
        for (var length = 0; length < golden.Length; length += length < 700 ? 1 : 37)
        {
            var stream = new DuplexPair();
            var serving = RegistrationServer.ServeAsync(stream.Far, new AcceptingService(), default);
            await SendAsync(stream.Near.Output, golden[..length]);
            await EndsWellAsync(serving);
        }
    }

    private static async Task SendAsync(PipeWriter output, byte[] bytes)
    {
        await output.WriteAsync(bytes);
        await output.CompleteAsync();
    }

    /// <summary>Waits for the end; the only failures that anybody has to expect are these two.</summary>
    private static async Task<bool> EndsWellAsync(Task task)
    {
        try
        {
            await task.Within();
            return true;
        }
        catch (Exception e) when (e is CapnProtoException or RpcException)
        {
            return false;
        }
    }

    private static byte[] Mutate(byte[] golden, Random random)
    {
        var bytes = (byte[])golden.Clone();
        for (var n = random.Next(1, 5); n > 0; n--)
        {
            var at = random.Next(bytes.Length);
            switch (random.Next(4))
            {
                case 0:
                    bytes[at] = (byte)random.Next(256);
                    break;
                case 1:
                    bytes[at] ^= (byte)(1 << random.Next(8));
                    break;
                case 2:
                    bytes.AsSpan(at & ~7, 8).Clear();
                    break;
                default:
                    bytes.AsSpan(random.Next(bytes.Length / 8) * 8, 8).CopyTo(bytes.AsSpan(at & ~7));
                    break;
            }
        }

        return bytes;
    }

    private sealed class AcceptingService : IRegistrationService
    {
        public int Registered { get; private set; }

        public ValueTask<RegistrationResult> RegisterConnectionAsync(
            RegistrationRequest request, CancellationToken cancellationToken)
        {
            Registered++;
            return ValueTask.FromResult<RegistrationResult>(new ConnectionDetails(Guid.Empty, IPAddress.Any.ToString(), true));
        }

        public ValueTask UnregisterConnectionAsync(CancellationToken cancellationToken) => default;

        public ValueTask UpdateLocalConfigurationAsync(ReadOnlyMemory<byte> json, CancellationToken cancellationToken) => default;
    }
}
