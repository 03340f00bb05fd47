using System.IO.Pipelines;

namespace Culvert.Transports.Quic.Tests;

/// <summary>A time limit for every wait, and the few things most tests do with streams.</summary>
public abstract class FunctionalTest : IDisposable
{
    private readonly CancellationTokenSource _limit;

    protected FunctionalTest()
        : this(TimeSpan.FromSeconds(60))
    {
    }

    protected FunctionalTest(TimeSpan limit) => _limit = new CancellationTokenSource(limit);

    protected CancellationToken Token => _limit.Token;

    public void Dispose()
    {
        _limit.Dispose();
        GC.SuppressFinalize(this);
    }

    protected async Task<byte[]> ReadAllAsync(PipeReader reader)
    {
        using var all = new MemoryStream();
        while (true)
        {
            var result = await reader.ReadAsync(Token);
            foreach (var part in result.Buffer)
                all.Write(part.Span);
            reader.AdvanceTo(result.Buffer.End);
            if (result.IsCompleted)
                return all.ToArray();
        }
    }

    /// <summary>A stream open on both sides, with one byte exchanged.</summary>
    internal async Task<(QuicStream Near, QuicStream Far)> OpenAsync(QuicConnection from, QuicConnection to)
    {
        var near = await from.OpenStreamAsync(Token);
        await near.Output.WriteAsync(new byte[] { 7 }, Token);
        var far = await to.AcceptStreamAsync(Token);
        var result = await far.Input.ReadAsync(Token);
        Assert.Equal(7, result.Buffer.FirstSpan[0]);
        far.Input.AdvanceTo(result.Buffer.End);
        return (near, far);
    }

    /// <summary>Awaits a condition that no event announces; bounded by the test's limit.</summary>
    internal async Task UntilAsync(Func<bool> condition)
    {
        while (!condition())
        {
            Token.ThrowIfCancellationRequested();
            await Task.Delay(1, Token);
        }
    }

    internal static Task WhenCancelled(CancellationToken token)
    {
        var source = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        token.Register(() => source.TrySetResult());
        return source.Task;
    }
}
