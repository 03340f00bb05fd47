using System.Buffers;
using System.Net;
using System.Net.Sockets;
using Culvert.Engine.Origins.Dialing;
using Culvert.Engine.Tests.Origins.Http.Responses;

namespace Culvert.Engine.Tests.Origins.Dialing;

public sealed class TcpConnectionTests : IDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(20);

    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly TcpConnection _connection;
    private readonly Socket _peer;

    public TcpConnectionTests()
    {
        _listener.Start();
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { SendBufferSize = 8 * 1024 };
        socket.Connect(_listener.LocalEndpoint);
        _peer = _listener.AcceptSocket();
        _connection = new TcpConnection(socket);
    }

    [Fact]
    public async Task Large_sends_reach_a_slow_peer_whole_and_in_order()
    {
        var body = new byte[3_000_000];
        new Random(1).NextBytes(body);
        _connection.Output.Write("head"u8);
        var sending = _connection.Output.SendAsync(
            Pieces.Of(body.AsMemory(0, 1_000_001), body.AsMemory(1_000_001)), "tail"u8.ToArray(), default).AsTask();
        byte[] expected = [.. "head"u8, .. body, .. "tail"u8];
        Assert.Equal(expected, await ReceiveAsync(expected.Length));
        await sending.WaitAsync(Limit);
    }

    [Fact]
    public async Task Sends_of_many_small_pieces_arrive_in_order()
    {
        var pieces = Enumerable.Range(0, 40).Select(i => Enumerable.Repeat((byte)i, 500).ToArray()).ToArray();
        var first = new Piece(pieces[0]);
        var last = pieces.Skip(1).Aggregate(first, (previous, bytes) => previous.Then(bytes));
        var sending = _connection.Output.SendAsync(new(first, 0, last, 500), default, default).AsTask();
        Assert.Equal(pieces.SelectMany(piece => piece), await ReceiveAsync(40 * 500));
        await sending.WaitAsync(Limit);
    }

    [Fact]
    public async Task Flush_larger_than_the_system_takes_is_whole()
    {
        var body = new byte[1_000_000];
        new Random(2).NextBytes(body);
        _connection.Output.Write(body);
        var flushing = _connection.Output.FlushAsync().AsTask();
        Assert.Equal(body, await ReceiveAsync(body.Length));
        await flushing.WaitAsync(Limit);
    }

    [Fact]
    public async Task Wait_that_was_cancelled_does_not_lose_what_comes()
    {
        using var given = new CancellationTokenSource();
        var first = _connection.Input.ReadAsync(given.Token).AsTask();
        await given.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => first.WaitAsync(Limit));
        var second = _connection.Input.ReadAsync().AsTask();
        await _peer.SendAsync("late"u8.ToArray());
        Assert.Equal("late"u8.ToArray(), (await second.WaitAsync(Limit)).Buffer.ToArray());
    }

    [Fact]
    public async Task Bytes_that_are_examined_and_not_consumed_come_again_with_the_next_ones()
    {
        await _peer.SendAsync("one "u8.ToArray());
        var read = await _connection.Input.ReadAsync().AsTask().WaitAsync(Limit);
        _connection.Input.AdvanceTo(read.Buffer.GetPosition(1), read.Buffer.End);
        var next = _connection.Input.ReadAsync().AsTask();
        Assert.False(next.IsCompleted);
        await _peer.SendAsync("two"u8.ToArray());
        Assert.Equal("ne two"u8.ToArray(), (await next.WaitAsync(Limit)).Buffer.ToArray());
    }

    [Fact]
    public async Task Listener_is_told_of_the_end_once_and_the_connection_cannot_be_used()
    {
        var told = new TaskCompletionSource();
        Assert.True(_connection.Input.TryListen(told.SetResult));
        _peer.Dispose();
        await told.Task.WaitAsync(Limit);
        Assert.False(_connection.Input.StopListening());
        Assert.Equal(0, await _connection.Input.ReceiveAsync(new byte[1]));
        Assert.False(_connection.Input.TryListen(told.SetResult));
    }

    [Fact]
    public async Task Listening_ends_in_silence_and_the_next_read_goes_on()
    {
        Assert.True(_connection.Input.TryListen(() => throw new InvalidOperationException("told after the end")));
        Assert.True(_connection.Input.StopListening());
        var read = _connection.Input.ReadAsync().AsTask();
        await _peer.SendAsync("x"u8.ToArray());
        Assert.Equal(1, (await read.WaitAsync(Limit)).Buffer.Length);
    }

    [Theory]
    [InlineData(5)]
    [InlineData(6)]
    public async Task Everything_received_is_silence(int room)
    {
        await _peer.SendAsync("12345"u8.ToArray());
        await _connection.Input.WaitAsync(default).AsTask().WaitAsync(Limit);
        Assert.Equal(5, await _connection.Input.ReceiveAsync(new byte[room]));
        Assert.True(_connection.Input.TryListen(() => { }));
        Assert.True(_connection.Input.StopListening());
    }

    [Fact]
    public async Task Reset_by_the_peer_is_never_an_orderly_end()
    {
        var read = _connection.Input.ReadAsync().AsTask();
        _peer.Close(timeout: 0);
        await Assert.ThrowsAsync<IOException>(() => read.WaitAsync(Limit));
        await Assert.ThrowsAsync<IOException>(() => _connection.Input.ReadAsync().AsTask().WaitAsync(Limit));
    }

    [Fact]
    public async Task Abort_resets_and_fails_what_waits()
    {
        var read = _connection.Input.ReadAsync().AsTask();
        _connection.Abort();
        await Assert.ThrowsAsync<IOException>(() => read.WaitAsync(Limit));
        var error = await Assert.ThrowsAsync<SocketException>(() => _peer.ReceiveAsync(new byte[1]).WaitAsync(Limit));
        Assert.Equal(SocketError.ConnectionReset, error.SocketErrorCode);
    }

    [Fact]
    public async Task Close_is_orderly_although_a_receive_waits()
    {
        Assert.True(_connection.Input.TryListen(() => { }));
        _connection.Dispose();
        Assert.Equal(0, await _peer.ReceiveAsync(new byte[1]).WaitAsync(Limit));
    }

    public void Dispose()
    {
        _connection.Dispose();
        _peer.Dispose();
        _listener.Dispose();
    }

    private async Task<byte[]> ReceiveAsync(int count)
    {
        using var stream = new NetworkStream(_peer);
        using var limit = new CancellationTokenSource(Limit);
        var bytes = new byte[count];
        await stream.ReadExactlyAsync(bytes, limit.Token);
        return bytes;
    }

    private sealed class Piece : ReadOnlySequenceSegment<byte>
    {
        public Piece(byte[] bytes) => Memory = bytes;

        public Piece Then(byte[] bytes)
        {
            var next = new Piece(bytes) { RunningIndex = RunningIndex + Memory.Length };
            Next = next;
            return next;
        }
    }
}
