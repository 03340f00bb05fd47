using System.IO.Pipelines;
using Culvert.CapnProto.Tests.Streams;
using Culvert.Transports.DataStreams;

namespace Culvert.Transports.Tests.DataStreams;

public class StreamPreambleTests
{
    [Theory]
    [InlineData("0a36cd12a13e", StreamSignature.Data)]
    [InlineData("52bb825cdb65", StreamSignature.Rpc)]
    [InlineData("474554202f20", StreamSignature.Unknown)]
    [InlineData("0a36cd12a1", StreamSignature.Ended)]
    [InlineData("", StreamSignature.Ended)]
    public async Task Signature_is_recognised_byte_by_byte(string hex, StreamSignature expected)
    {
        var pipe = new Pipe();
        var reading = StreamPreamble.ReadSignatureAsync(pipe.Reader, default).AsTask();
        foreach (var b in Convert.FromHexString(hex))
        {
            await pipe.Writer.WriteAsync(new[] { b });
        }

        if (expected != StreamSignature.Ended)
        {
            await pipe.Writer.WriteAsync(new byte[] { 0xaa });
        }

        await pipe.Writer.CompleteAsync();
        Assert.Equal(expected, await reading.Within());

        // What is known is consumed, the rest is there for whoever reports it.
        var rest = Convert.ToHexStringLower(await pipe.Reader.DrainAsync());
        Assert.Equal(expected switch { StreamSignature.Ended => hex, StreamSignature.Unknown => hex + "aa", _ => "aa" }, rest);
    }

    [Fact]
    public async Task Cancelled_read_is_not_the_end_of_the_stream()
    {
        var pipe = new Pipe();
        var reading = StreamPreamble.ReadSignatureAsync(pipe.Reader, default).AsTask();
        pipe.Reader.CancelPendingRead();
        await Assert.ThrowsAsync<OperationCanceledException>(() => reading.Within());
    }
}
