using System.Buffers;
using System.IO.Pipelines;
using System.Net;
using System.Text;
using Culvert.CapnProto.Framing;
using Culvert.CapnProto.Messages;
using Culvert.Transports.DataStreams;
using Culvert.Transports.Registration;
using RegisterConnectionParams = Culvert.Transports.Schema.RegisterConnectionParams;
using RegisterConnectionResults = Culvert.Transports.Schema.RegisterConnectionResults;

namespace Culvert.Transports.Tests.Allocation;

/// <summary>The steady state of reading and writing allocates nothing: exactly 0 bytes, not few.</summary>
[Collection(nameof(AllocationTests))]
[CollectionDefinition(nameof(AllocationTests), DisableParallelization = true)]
public class AllocationTests
{
    private const int WarmUp = 500;
    private const int Rounds = 10_000;
    private const int AllRounds = WarmUp + Rounds;

    [Fact]
    public void Connect_requests_allocate_nothing()
    {
        using var writer = new ConnectRequestWriter();
        using var reader = new ConnectRequestReader();
        var pipe = new Pipe(new PipeOptions(useSynchronizationContext: false));
        var seen = 0L;
        AssertAllocatesNothing(() =>
        {
            writer.Start(ConnectionType.Http, "http://hi.example/a?b=1"u8);
            writer.Add(MetadataKey.HttpMethod, "GET"u8);
            writer.Add("HttpHost", "hi.example", Encoding.UTF8);
            writer.AddHeader("Accept"u8, "*/*"u8);
            writer.AddHeader("X-Text", "naïve", Encoding.UTF8);
            writer.WriteTo(pipe.Writer);
            Flush(pipe);
            Done(reader.ReadAsync(pipe.Reader, default));
            seen += reader.Dest.Length;
            foreach (var (key, val) in reader.Metadata)
            {
                seen += key.Length + val.Length;
            }

            reader.Reset();
        });
        Assert.Equal((23 + 13 + 18 + 20 + 23L) * AllRounds, seen);
    }

    [ReleaseFact]
    public void Connect_requests_that_arrive_in_pieces_allocate_nothing()
    {
        using var writer = new ConnectRequestWriter();
        var output = new ArrayBufferWriter<byte>();
        writer.Start(ConnectionType.Tcp, "10.0.0.5:22"u8);
        writer.WriteTo(output);
        var bytes = output.WrittenMemory;
        using var reader = new ConnectRequestReader();
        var pipe = new Pipe(new PipeOptions(
            readerScheduler: PipeScheduler.Inline, writerScheduler: PipeScheduler.Inline, useSynchronizationContext: false));
        AssertAllocatesNothing(() =>
        {
            // The read is pending when the bytes come: what waits must be pooled as well.
            var reading = reader.ReadAsync(pipe.Reader, default);
            Write(pipe, bytes[..20]);
            Write(pipe, bytes[20..]);
            Done(reading);
        });
        Assert.Equal(ConnectionType.Tcp, reader.Type);
    }

    [Fact]
    public void Connect_responses_allocate_nothing()
    {
        using var writer = new ConnectResponseWriter();
        using var reader = new ConnectResponseReader();
        var pipe = new Pipe(new PipeOptions(useSynchronizationContext: false));
        var seen = 0L;
        AssertAllocatesNothing(() =>
        {
            writer.Start();
            writer.AddStatus(200);
            writer.AddHeader("Content-Type"u8, "text/plain"u8);
            writer.WriteTo(pipe.Writer);
            Flush(pipe);
            Done(reader.ReadAsync(pipe.Reader, default));
            seen += reader.Metadata.Count;
            reader.Reset();
        });
        Assert.Equal(2L * AllRounds, seen);
    }

    [Fact]
    public void Registration_messages_allocate_nothing()
    {
        var request = new RegistrationRequest(
            new TunnelAuth("0123456789abcdef", new byte[32]),
            Guid.NewGuid(),
            1,
            new ConnectorInfo(Guid.NewGuid(), ["allow_remote_config", "serialized_headers"], "2026.8.2", "linux_amd64"),
            IPAddress.Parse("198.51.100.7"),
            ReplaceExisting: false,
            0,
            0);
        var accepted = new ConnectionDetails(Guid.NewGuid(), "LHR", true);
        using var builder = new MessageBuilder();
        using var message = new MessageReader();
        var pipe = new Pipe(new PipeOptions(useSynchronizationContext: false));
        var seen = 0L;
        AssertAllocatesNothing(() =>
        {
            builder.Reset();
            RegistrationCodec.WriteRequest(builder.Root, request);
            Read(builder, pipe, message);
            var call = new RegisterConnectionParams(message.Root.AsStruct());
            seen += call.Auth.AccountTag.Length + call.Options.Client.Features.Count;

            builder.Reset();
            RegistrationCodec.WriteResult(builder.Root, accepted);
            Read(builder, pipe, message);
            seen += new RegisterConnectionResults(message.Root.AsStruct()).Result.ConnectionDetails.Uuid.Length;
            message.Reset();
        });
        Assert.Equal((16 + 2 + 16L) * AllRounds, seen);
    }

    private static void Read(MessageBuilder builder, Pipe pipe, MessageReader message)
    {
        builder.WriteFrame(pipe.Writer);
        Flush(pipe);
        var reading = message.ReadFrameAsync(pipe.Reader);
        Assert.True(reading.IsCompletedSuccessfully && reading.Result);
    }

    private static void Write(Pipe pipe, ReadOnlyMemory<byte> bytes)
    {
        pipe.Writer.Write(bytes.Span);
        Flush(pipe);
    }

    private static void Flush(Pipe pipe)
    {
        var flush = pipe.Writer.FlushAsync();
        Assert.True(flush.IsCompletedSuccessfully);
    }

    private static void Done(ValueTask task)
    {
        Assert.True(task.IsCompletedSuccessfully);
        task.GetAwaiter().GetResult();
    }

    private static void AssertAllocatesNothing(Action round)
    {
        for (var i = 0; i < WarmUp; i++)
        {
            round();
        }

        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < Rounds; i++)
        {
            round();
        }

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }
}
