using System.IO.Pipelines;
using Culvert.Transports.Streams;

namespace Culvert.Transports.Tests.Streams;

public sealed class TwoWayCopyTests
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(20);

    private readonly Pipe _fromLeft = new();
    private readonly Pipe _toRight = new();
    private readonly Pipe _fromRight = new();
    private readonly Pipe _toLeft = new();

    [Fact]
    public async Task Bytes_go_both_ways_and_the_end_of_one_ends_both()
    {
        var copying = RunAsync(default);
        await _fromLeft.Writer.WriteAsync("l"u8.ToArray());
        await _fromRight.Writer.WriteAsync("r"u8.ToArray());
        Assert.Equal(1, (await _toRight.Reader.ReadAtLeastAsync(1)).Buffer.Length);
        Assert.Equal(1, (await _toLeft.Reader.ReadAtLeastAsync(1)).Buffer.Length);
        await _fromRight.Writer.CompleteAsync();

        await copying.WaitAsync(Limit);
    }

    [Fact]
    public async Task What_a_side_sent_before_its_end_arrives()
    {
        await _fromLeft.Writer.WriteAsync("last"u8.ToArray());
        await _fromLeft.Writer.CompleteAsync();
        await RunAsync(default).WaitAsync(Limit);

        Assert.Equal(4, (await _toRight.Reader.ReadAsync()).Buffer.Length);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Failure_of_a_side_is_thrown(bool left)
    {
        var copying = RunAsync(default);
        await (left ? _fromLeft : _fromRight).Writer.CompleteAsync(new IOException("lost"));

        Assert.Equal("lost", (await Assert.ThrowsAsync<IOException>(() => copying.WaitAsync(Limit))).Message);
    }

    [Fact]
    public async Task Cancellation_ends_both()
    {
        using var cancelled = new CancellationTokenSource();
        var copying = RunAsync(cancelled.Token);
        await cancelled.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => copying.WaitAsync(Limit));
    }

    private Task RunAsync(CancellationToken cancellationToken) =>
        TwoWayCopy.RunAsync(_fromLeft.Reader, _toRight.Writer, _fromRight.Reader, _toLeft.Writer, cancellationToken);
}
