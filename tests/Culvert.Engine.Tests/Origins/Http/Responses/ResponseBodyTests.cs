using System.IO.Pipelines;
using System.Text;
using Culvert.Engine.Origins.Http.Responses;
using Culvert.Transports.Headers;
using Culvert.Transports.Sockets;

namespace Culvert.Engine.Tests.Origins.Http.Responses;

public class ResponseBodyTests
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(20);

    private readonly Pipe _body = new(new PipeOptions(pauseWriterThreshold: 0));
    private readonly Pipe _output = new(new PipeOptions(pauseWriterThreshold: 0));

    [Fact]
    public async Task Head_leaves_when_the_body_does_not_come_at_once()
    {
        var head = _output.Writer.GetMemory();
        head.Span[0] = (byte)'H';
        _output.Writer.Advance(1);
        var copy = CopyAsync();

        Assert.Equal("H", await ReadAsync());
        await _body.Writer.CompleteAsync();
        await copy;
    }

    [Fact]
    public async Task Each_pause_of_the_origin_sends_what_came()
    {
        var copy = CopyAsync();
        await _body.Writer.WriteAsync("one"u8.ToArray());
        Assert.Equal("one", await ReadAsync());
        await _body.Writer.WriteAsync("two"u8.ToArray());
        Assert.Equal("two", await ReadAsync());
        await _body.Writer.CompleteAsync();
        await copy;
    }

    [Fact]
    public async Task Body_that_is_there_whole_leaves_in_large_writes()
    {
        await using var body = new MemoryStream(new byte[160 * 1024]);
        var stream = new CountingStream();
        var output = PipeWriter.Create(stream, new StreamPipeWriterOptions(minimumBufferSize: 16 * 1024, leaveOpen: true));
        await CopyAsync(body, output);

        Assert.Equal(2, stream.Flushes);

        // The rest leaves together with the end of the response.
        await output.CompleteAsync();
        Assert.Equal(160 * 1024, stream.Length);
    }

    [Fact]
    public async Task Edge_that_reads_no_more_stops_the_copy()
    {
        var copy = CopyAsync();
        await _output.Reader.CompleteAsync();
        await _body.Writer.WriteAsync(new byte[10]);

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => copy);
    }

    [Fact]
    public async Task Failure_of_the_body_reaches_the_caller()
    {
        var copy = CopyAsync();
        await _body.Writer.CompleteAsync(new IOException("cut"));

        Assert.Equal("cut", (await Assert.ThrowsAsync<IOException>(() => copy)).Message);
    }

    private Task CopyAsync() => CopyAsync(_body.Reader.AsStream(), _output.Writer);

    private static Task CopyAsync(Stream input, PipeWriter output)
    {
        var body = new ResponseBody();
        body.Start(BodyEnd.Connection, 0);
        return body.CopyAsync(new SocketInput(null!, input), output, new HeaderList(), default).AsTask().WaitAsync(Limit);
    }

    private async Task<string> ReadAsync()
    {
        using var limit = new CancellationTokenSource(Limit);
        var read = await _output.Reader.ReadAsync(limit.Token);
        var text = Encoding.ASCII.GetString(read.Buffer);
        _output.Reader.AdvanceTo(read.Buffer.End);
        return text;
    }

    private sealed class CountingStream : MemoryStream
    {
        public int Flushes { get; private set; }

        public override Task FlushAsync(CancellationToken cancellationToken)
        {
            Flushes++;
            return Task.CompletedTask;
        }
    }
}
