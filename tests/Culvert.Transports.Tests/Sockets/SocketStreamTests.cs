using System.Net;
using System.Net.Sockets;
using System.Text;
using Culvert.Transports.Sockets;

namespace Culvert.Transports.Tests.Sockets;

public sealed class SocketStreamTests : IAsyncLifetime, IDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private Socket _peer = null!;
    private SocketStream _stream = null!;

    public async Task InitializeAsync()
    {
        _listener.Start();
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(_listener.LocalEndpoint);
        _peer = await _listener.AcceptSocketAsync();
        _stream = new SocketStream(socket);
    }

    public void Dispose()
    {
        _stream.Dispose();
        _peer.Dispose();
        _listener.Dispose();
    }

    public Task DisposeAsync() => Task.CompletedTask;

    [Fact]
    public async Task Writes_leave_together_when_they_are_flushed()
    {
        await _stream.WriteAsync("one "u8.ToArray());
        await _stream.WriteAsync("two"u8.ToArray());
        Assert.Equal(0, _peer.Available);
        await _stream.FlushAsync();

        Assert.Equal("one two", Encoding.ASCII.GetString(await ReceiveAsync(7)));
    }

    [Fact]
    public async Task Many_bytes_do_not_wait_for_a_flush()
    {
        var bytes = new byte[100_000];
        Random.Shared.NextBytes(bytes);
        var writing = _stream.WriteAsync(bytes).AsTask();

        Assert.Equal(bytes, await ReceiveAsync(bytes.Length));
        await writing.WaitAsync(Limit);
    }

    [Fact]
    public async Task Empty_read_waits_and_takes_nothing_and_small_reads_lose_nothing()
    {
        var waiting = _stream.ReadAsync(Memory<byte>.Empty).AsTask();
        Assert.False(waiting.IsCompleted);
        await _peer.SendAsync("abcdefgh"u8.ToArray());
        Assert.Equal(0, await waiting.WaitAsync(Limit));
        var read = new List<byte>();
        var piece = new byte[3];
        while (read.Count < 8)
        {
            Assert.Equal(0, await _stream.ReadAsync(Memory<byte>.Empty).AsTask().WaitAsync(Limit));
            var count = await _stream.ReadAsync(piece).AsTask().WaitAsync(Limit);
            Assert.InRange(count, 1, 3);
            read.AddRange(piece[..count]);
        }

        Assert.Equal("abcdefgh"u8, read.ToArray());
        _peer.Shutdown(SocketShutdown.Send);
        Assert.Equal(0, await _stream.ReadAsync(piece).AsTask().WaitAsync(Limit));
    }

    [Fact]
    public async Task Dispose_fails_a_read_that_waits_and_the_next_write()
    {
        var reading = _stream.ReadAsync(new byte[10]).AsTask();
        await _stream.DisposeAsync();

        // Whether the socket's end or its close is told first is up to the system.
        if (await Record.ExceptionAsync(() => reading.WaitAsync(Limit)) is { } failure)
        {
            Assert.IsType<IOException>(failure);
        }
        else
        {
            Assert.Equal(0, await reading);
        }

        await _stream.WriteAsync(new byte[10]);
        await Assert.ThrowsAsync<IOException>(() => _stream.FlushAsync());
    }

    [Fact]
    public async Task Cancelled_read_leaves_the_next_one_everything()
    {
        using var cancelled = new CancellationTokenSource();
        var reading = _stream.ReadAsync(new byte[10], cancelled.Token).AsTask();
        await cancelled.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => reading.WaitAsync(Limit));
        await _peer.SendAsync("kept"u8.ToArray());
        var bytes = new byte[10];

        Assert.Equal(4, await _stream.ReadAsync(bytes).AsTask().WaitAsync(Limit));
    }

    private async Task<byte[]> ReceiveAsync(int count)
    {
        using var limit = new CancellationTokenSource(Limit);
        var bytes = new byte[count];
        for (var received = 0; received < count;)
        {
            var more = await _peer.ReceiveAsync(bytes.AsMemory(received), SocketFlags.None, limit.Token);
            Assert.NotEqual(0, more);
            received += more;
        }

        return bytes;
    }
}
