namespace Culvert.Transports.Quic.Tests.Streams;

/// <summary>Continuations on the loop's thread: at its one point for them, whatever they do, and nobody else's.</summary>
[Trait("Category", "Functional")]
public sealed class InlineContinuationTests : FunctionalTest
{
    private static readonly QuicTransportOptions Inline = new() { InlineContinuations = true };

    [Fact]
    public async Task OpeningAcceptingReadingAndDatagramsGoOnOnTheLoop()
    {
        // A loop that has opened the stream before anybody waits for that continues nothing: then once more.
        while (!await GoesOnOnTheLoopAsync())
            Token.ThrowIfCancellationRequested();
    }

    private async Task<bool> GoesOnOnTheLoopAsync()
    {
        await using var pair = await CreateAsync(Inline);
        var accepted = ServeOneAsync(pair.Server);
        var datagram = WaitForDatagramAsync(pair.Server);
        var (onOpen, telling, onRead) = await AskAsync(pair.Client).WaitAsync(Token);
        if (onOpen != "quic client")
            return false;
        Assert.True(telling);
        Assert.Equal("quic client", onRead);
        Assert.True(pair.Client.TrySendDatagram("x"u8));
        Assert.Equal(("quic server 0", "quic server 0"), await accepted.WaitAsync(Token));
        Assert.Equal("quic server 0", await datagram.WaitAsync(Token));
        return true;
    }

    [Fact]
    public async Task WithoutTheOptionNothingRunsOnTheLoop()
    {
        await using var pair = await CreateAsync(new QuicTransportOptions());
        var accepted = ServeOneAsync(pair.Server);
        var (onOpen, telling, onRead) = await AskAsync(pair.Client).WaitAsync(Token);
        var (onAccept, onServerRead) = await accepted.WaitAsync(Token);
        Assert.False(telling);
        Assert.DoesNotContain([onOpen, onRead, onAccept, onServerRead],
            name => name is not null && name.StartsWith("quic", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task AContinuationMayDoEverything(bool abort)
    {
        await using var pair = await CreateAsync(Inline);
        var serving = EchoAllAsync(pair.Server);
        const int each = 60;
        await Task.WhenAll(Enumerable.Range(0, 32).Select(_ => ExchangeAsync(pair.Client, each, abort))).WaitAsync(Token);
        await CloseFromTheLoopAsync(pair.Client).WaitAsync(Token);
        await serving.WaitAsync(Token);
    }

    [Fact]
    public async Task WhatAnotherThreadCompletesNeverRunsWithinItsCall()
    {
        await using var pair = await CreateAsync(Inline);
        var (stream, _) = await OpenAsync(pair.Client, pair.Server);

        // Dedicated threads: none of them may be found inside the continuation.
        var reading = NameAfterAsync(() => stream.Input.ReadAsync(Token).AsTask());
        OnThread("canceller", stream.Input.CancelPendingRead);
        Assert.NotEqual("canceller", await reading.WaitAsync(Token));

        using var source = new CancellationTokenSource();
        reading = NameAfterAsync(() => stream.Input.ReadAsync(source.Token).AsTask());
        OnThread("canceller", source.Cancel);
        Assert.NotEqual("canceller", await reading.WaitAsync(Token));

        var flushing = NameAfterAsync(() => FillAsync(stream));
        OnThread("canceller", () => stream.AbortWrite(1));
        Assert.NotEqual("canceller", await flushing.WaitAsync(Token));
        await stream.DisposeAsync();
    }

    [Fact]
    public async Task AFailingRegistrationHarmsNobody()
    {
        await using var pair = await CreateAsync(Inline);
        var (near, far) = await OpenAsync(pair.Client, pair.Server);
        using var registration = near.WritesStopped.UnsafeRegister(
            static _ => throw new InvalidOperationException("a registration's fault"), null);
        var stopped = WhenCancelled(near.WritesStopped);
        far.AbortRead(3);
        await UntilAsync(() => near.StopCode is not null || near.WritesStopped.IsCancellationRequested);
        await stopped.WaitAsync(Token);
        var (again, _) = await OpenAsync(pair.Client, pair.Server);
        Assert.False(again.WritesStopped.IsCancellationRequested);
    }

    private async Task FillAsync(QuicStream stream)
    {
        while (!(await stream.Output.WriteAsync(new byte[100_000], Token).ConfigureAwait(false)).IsCompleted)
        {
        }
    }

    private static void OnThread(string name, Action action)
    {
        var thread = new Thread(() => action()) { Name = name };
        thread.Start();
        thread.Join();
    }

    private static async Task<string?> NameAfterAsync(Func<Task> wait)
    {
        try
        {
            await wait().ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            // As asked.
        }
        return Thread.CurrentThread.Name;
    }

    private async Task<QuicPair> CreateAsync(QuicTransportOptions transport) => await QuicPair.CreateAsync(
        server => server with { Transport = transport }, client => client with { Transport = transport }, Token);

    private async Task<(string? OnOpen, bool Telling, string? OnRead)> AskAsync(QuicConnection connection)
    {
        var stream = await connection.OpenStreamAsync(Token).ConfigureAwait(false);
        var onOpen = Thread.CurrentThread.Name;
        var telling = connection.Core.Loop.IsTelling;
        await stream.Output.WriteAsync(new byte[] { 1 }, Token).ConfigureAwait(false);
        await stream.Input.ReadAsync(Token).ConfigureAwait(false);
        return (onOpen, telling, Thread.CurrentThread.Name);
    }

    private async Task ExchangeAsync(QuicConnection connection, int count, bool abort)
    {
        for (var i = 0; i < count; i++)
        {
            var stream = await connection.OpenStreamAsync(Token).ConfigureAwait(false);
            await stream.Output.WriteAsync(new byte[3000], Token).ConfigureAwait(false);
            var first = await stream.Input.ReadAsync(Token).ConfigureAwait(false);
            stream.Input.AdvanceTo(first.Buffer.End);
            if (abort)
                stream.Abort(5);
            await stream.DisposeAsync().ConfigureAwait(false);
        }
    }

    // Closed by a continuation on the connection's own loop, with a read pending that then fails there.
    private async Task CloseFromTheLoopAsync(QuicConnection connection)
    {
        var stream = await connection.OpenStreamAsync(Token).ConfigureAwait(false);
        var reading = stream.Input.ReadAsync(Token);
        await connection.CloseAsync().ConfigureAwait(false);
        await Assert.ThrowsAsync<QuicConnectionException>(async () => await reading.ConfigureAwait(false)).ConfigureAwait(false);
        await stream.DisposeAsync().ConfigureAwait(false);
    }

    private async Task<(string? OnAccept, string? OnRead)> ServeOneAsync(QuicConnection connection)
    {
        var stream = await connection.AcceptStreamAsync(Token).ConfigureAwait(false);
        var onAccept = Thread.CurrentThread.Name;
        var result = await stream.Input.ReadAsync(Token).ConfigureAwait(false);
        stream.Input.AdvanceTo(result.Buffer.End);
        await stream.Output.WriteAsync(new byte[] { 2 }, Token).ConfigureAwait(false);
        await stream.DisposeAsync().ConfigureAwait(false);
        return (onAccept, Thread.CurrentThread.Name);
    }

    private async Task<string?> WaitForDatagramAsync(QuicConnection connection)
    {
        Assert.True(await connection.WaitForDatagramAsync(Token).ConfigureAwait(false));
        return Thread.CurrentThread.Name;
    }

    private async Task EchoAllAsync(QuicConnection connection)
    {
        var serving = new List<Task>();
        try
        {
            while (true)
                serving.Add(EchoAsync(await connection.AcceptStreamAsync(Token).ConfigureAwait(false)));
        }
        catch (QuicConnectionException)
        {
            await Task.WhenAll(serving).ConfigureAwait(false);
        }
    }

    private async Task EchoAsync(QuicStream stream)
    {
        try
        {
            while (true)
            {
                var result = await stream.Input.ReadAsync(Token).ConfigureAwait(false);
                foreach (var part in result.Buffer)
                    await stream.Output.WriteAsync(part, Token).ConfigureAwait(false);
                stream.Input.AdvanceTo(result.Buffer.End);
                if (result.IsCompleted)
                    break;
            }
        }
        catch (IOException)
        {
            // Aborted by the other side, as half of the cases do.
        }
        await stream.DisposeAsync().ConfigureAwait(false);
    }
}
