using System.Net;
using Culvert.Transports.Http2.EdgeRole;
using Culvert.Transports.Streams;

namespace Culvert.Transports.Http2.Tests.EdgeRole;

public sealed class RequestBodyContentTests
{
    [Fact]
    public async Task Response_that_overtakes_the_head_does_not_close_the_way_to_the_connector()
    {
        var stream = new SlowFlush();
        var client = new QuickClient(stream);
        using var invoker = new HttpMessageInvoker(client);
        var head = new RequestHead { Kind = StreamKind.WebSocket, HasBody = true };
        head.SetLine("GET", "demo.example", "/");
        await using var opened = new Http2ConnectorStream(invoker, head);

        var starting = opened.StartAsync(default).AsTask();
        Assert.False(starting.IsCompleted);
        stream.Flushed.SetResult();
        await starting.WaitAsync(TimeSpan.FromSeconds(30));
        await opened.Output.WriteAsync("bytes"u8.ToArray());

        Assert.Equal("bytes"u8, stream.ToArray());
    }

    [Fact]
    public async Task Body_that_nobody_wants_any_more_is_dropped()
    {
        var stream = new SlowFlush();
        using var invoker = new HttpMessageInvoker(new QuickClient(stream));
        var head = new RequestHead { HasBody = true };
        head.SetLine("POST", "demo.example", "/");
        await using var opened = new Http2ConnectorStream(invoker, head);

        var starting = opened.StartAsync(default).AsTask();
        stream.Flushed.SetException(new IOException("the stream was reset"));
        await starting.WaitAsync(TimeSpan.FromSeconds(30));
        await opened.Output.WriteAsync("bytes"u8.ToArray());

        Assert.Empty(stream.ToArray());
        Assert.Equal(200, (await opened.ReadHeadAsync(default)).Status);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Early_answer_ends_the_body_and_is_no_failure_of_its_writer(bool isClosed)
    {
        using var stream = new ClosedStream(isClosed ? new ObjectDisposedException("stream") : new OperationCanceledException());
        using var invoker = new HttpMessageInvoker(new QuickClient(stream));
        var head = new RequestHead { HasBody = true };
        head.SetLine("POST", "demo.example", "/");
        await using var opened = new Http2ConnectorStream(invoker, head);
        await opened.StartAsync(default);

        Assert.True((await opened.Output.WriteAsync("bytes"u8.ToArray())).IsCompleted);
        Assert.True((await opened.Output.FlushAsync()).IsCompleted);
        await opened.Output.CompleteAsync();

        Assert.Equal(200, (await opened.ReadHeadAsync(default)).Status);
    }

    [Fact]
    public async Task Writer_that_gives_up_by_itself_hears_of_it()
    {
        using var stream = new ClosedStream(new OperationCanceledException());
        using var invoker = new HttpMessageInvoker(new QuickClient(stream));
        var head = new RequestHead { HasBody = true };
        head.SetLine("POST", "demo.example", "/");
        await using var opened = new Http2ConnectorStream(invoker, head);
        await opened.StartAsync(default);

        await Assert.ThrowsAnyAsync<OperationCanceledException>(
            async () => await opened.Output.WriteAsync("bytes"u8.ToArray(), new CancellationToken(canceled: true)));
    }

    /// <summary>Has the response at once, and asks for the body on the side, as the HTTP/2 client does.</summary>
    private sealed class QuickClient(Stream stream) : HttpMessageHandler
    {
        private Task? _body;

        protected override Task<HttpResponseMessage> SendAsync(
            HttpRequestMessage request, CancellationToken cancellationToken)
        {
            _body = request.Content!.CopyToAsync(stream, CancellationToken.None);
            return Task.FromResult(new HttpResponseMessage(HttpStatusCode.OK));
        }
    }

    /// <summary>What the client leaves behind when it has stopped sending.</summary>
    private sealed class ClosedStream(Exception failure) : MemoryStream
    {
        public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) =>
            ValueTask.FromException(failure);
    }

    private sealed class SlowFlush : MemoryStream
    {
        public TaskCompletionSource Flushed { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public override Task FlushAsync(CancellationToken cancellationToken) =>
            Flushed.Task.IsCompletedSuccessfully ? Task.CompletedTask : Flushed.Task;
    }
}
