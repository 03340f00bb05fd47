using Culvert.Transports.Quic.Streams;

namespace Culvert.Transports.Quic.Tests.Streams;

/// <summary>FIN, RESET_STREAM and STOP_SENDING, as pipes show and cause them.</summary>
[Trait("Category", "Functional")]
public sealed class StreamEndTests : FunctionalTest
{
    [Fact]
    public async Task AResetFailsTheReader_WithItsCode()
    {
        await using var pair = await QuicPair.CreateAsync(cancellationToken: Token);
        var (near, far) = await OpenAsync(pair.Client, pair.Server);
        near.AbortWrite(42);
        var error = await Assert.ThrowsAsync<QuicStreamException>(async () => await far.Input.ReadAsync(Token));
        Assert.Equal(42u, error.ErrorCode);
        var flush = await near.Output.WriteAsync(new byte[10], Token);
        Assert.True(flush.IsCompleted);
    }

    [Fact]
    public async Task CompletingTheWriterWithAnError_Resets()
    {
        await using var pair = await QuicPair.CreateAsync(cancellationToken: Token);
        var (near, far) = await OpenAsync(pair.Client, pair.Server);
        await near.Output.CompleteAsync(new QuicStreamException(5, "test"));
        var error = await Assert.ThrowsAsync<QuicStreamException>(async () => await far.Input.ReadAsync(Token));
        Assert.Equal(5u, error.ErrorCode);

        (near, far) = await OpenAsync(pair.Client, pair.Server);
        await near.Output.CompleteAsync(new InvalidOperationException());
        error = await Assert.ThrowsAsync<QuicStreamException>(async () => await far.Input.ReadAsync(Token));
        Assert.Equal(0u, error.ErrorCode);
    }

    [Fact]
    public async Task AStopReachesAWriterThatIsIdle()
    {
        await using var pair = await QuicPair.CreateAsync(cancellationToken: Token);
        var (near, far) = await OpenAsync(pair.Client, pair.Server);
        var stopped = WhenCancelled(near.WritesStopped);
        far.AbortRead(77);
        await stopped.WaitAsync(Token);
        Assert.True((await near.Output.WriteAsync(new byte[10], Token)).IsCompleted);
        await near.DisposeAsync();
        await far.DisposeAsync();
        await UntilAsync(() => near.StopCode == 77);
    }

    [Fact]
    public async Task AStopReachesAWriterThatHasNeverWritten()
    {
        await using var pair = await QuicPair.CreateAsync(cancellationToken: Token);
        var (near, far) = await OpenAsync(pair.Client, pair.Server);
        near.AbortRead(1);
        await WhenCancelled(far.WritesStopped).WaitAsync(Token);
    }

    [Fact]
    public async Task AStopReachesAWriterThatWaits()
    {
        await using var pair = await QuicPair.CreateAsync(cancellationToken: Token);
        var (near, far) = await OpenAsync(pair.Client, pair.Server);
        var writing = Task.Run(async () =>
        {
            while (!(await near.Output.WriteAsync(new byte[64 * 1024], Token)).IsCompleted)
            {
            }
        });
        await far.Input.ReadAsync(Token);
        far.Input.AdvanceTo(default);
        await far.Input.CompleteAsync();
        await writing.WaitAsync(Token);
    }

    [Fact]
    public async Task CompletingTheReaderBeforeTheEnd_StopsThePeer_AndClosesBothWays()
    {
        var rented = BlockPool.Shared.Rented;
        await using var pair = await QuicPair.CreateAsync(cancellationToken: Token);
        var (near, far) = await OpenAsync(pair.Client, pair.Server);
        await far.DisposeAsync();
        await WhenCancelled(near.WritesStopped).WaitAsync(Token);
        Assert.Empty(await ReadAllAsync(near.Input));
        await near.DisposeAsync();
        await UntilAsync(() => pair.Client.Statistics.OpenStreams == 0 && pair.Server.Statistics.OpenStreams == 0);
        Assert.Equal(rented, BlockPool.Shared.Rented);
    }

    [Fact]
    public async Task TheEndOfTheConnectionFailsReaders_AndEndsWriters()
    {
        await using var pair = await QuicPair.CreateAsync(cancellationToken: Token);
        var (near, far) = await OpenAsync(pair.Client, pair.Server);
        var reading = far.Input.ReadAsync(Token).AsTask();
        await pair.Client.CloseAsync(9, "bye");
        var error = await Assert.ThrowsAsync<QuicConnectionException>(() => reading);
        Assert.Equal(new QuicCloseReason(QuicCloseKind.Application, true, 9, "bye"), error.Reason);
        Assert.True(far.WritesStopped.IsCancellationRequested);
        Assert.True((await far.Output.WriteAsync(new byte[10], Token)).IsCompleted);
        await Assert.ThrowsAsync<QuicConnectionException>(async () => await near.Input.ReadAsync(Token));
        await Assert.ThrowsAsync<QuicConnectionException>(async () => await pair.Client.OpenStreamAsync(Token));
        await Assert.ThrowsAsync<QuicConnectionException>(async () => await pair.Server.AcceptStreamAsync(Token));
        await near.DisposeAsync();
        await far.DisposeAsync();
    }

    [Fact]
    public async Task PendingReadsAndFlushesCanBeCancelled()
    {
        await using var pair = await QuicPair.CreateAsync(cancellationToken: Token);
        var (near, far) = await OpenAsync(pair.Client, pair.Server);
        using var cancel = new CancellationTokenSource();
        var reading = near.Input.ReadAsync(cancel.Token).AsTask();
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => reading);

        reading = near.Input.ReadAsync(Token).AsTask();
        near.Input.CancelPendingRead();
        Assert.True((await reading).IsCanceled);
        near.Input.AdvanceTo(default);

        var blocked = FillAsync(near.Output, Token);
        await UntilAsync(() => pair.Client.Statistics.BytesSent > 400_000);
        near.Output.CancelPendingFlush();
        Assert.True((await blocked).IsCanceled);
        await far.DisposeAsync();
        await near.DisposeAsync();
    }

    private static async Task<System.IO.Pipelines.FlushResult> FillAsync(System.IO.Pipelines.PipeWriter writer,
        CancellationToken token)
    {
        while (true)
        {
            var result = await writer.WriteAsync(new byte[64 * 1024], token);
            if (result.IsCanceled)
                return result;
        }
    }
}
