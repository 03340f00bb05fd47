using System.Collections.Concurrent;
using System.Runtime.InteropServices;
using Culvert.Transports.Quic.Endpoints;

namespace Culvert.Transports.Quic.Tests.Connections;

/// <summary>What a thousand connections leave behind that came and went: nothing.</summary>
[Trait("Category", "Functional")]
public sealed partial class ReconnectTests : FunctionalTest
{
    private const int Reconnects = 1000;

    private const int AtOnce = 20;

    // Timers, pools and tables grow to what they need.
    private const int First = 100;

    private const int PooledStreams = 300;

    private readonly ConcurrentBag<WeakReference> _connections = [];

    public ReconnectTests()
        : base(TimeSpan.FromMinutes(3))
    {
    }

    [Fact]
    public async Task AThousandReconnectsKeepNothing()
    {
        await FillStreamPoolAsync();
        await using var listener = await QuicListener.BindAsync(QuicPair.ServerOptions, Token);
        await ReconnectAsync(listener, First);
        var native = NativeBytes();
        _connections.Clear();
        await ReconnectAsync(listener, Reconnects);
        Assert.Equal(2 * Reconnects, _connections.Count);

        // Those of the last round may still be on somebody's stack. Of native memory, the TLS session of one side has ten times
        // as much.
        var (alive, kept) = (0, 0L);
        try
        {
            await UntilAsync(() => (alive = Alive()) <= 2 * AtOnce && (kept = NativeBytes() - native) < Reconnects * 1024);
        }
        catch (OperationCanceledException)
        {
            Assert.Fail($"{alive} connections are alive, {kept} bytes of native memory are kept");
        }
    }

    // Streams live on in a pool, and must not keep the connections of their last lives.
    private async Task FillStreamPoolAsync()
    {
        await using var pair = await QuicPair.CreateAsync();
        var streams = new List<(QuicStream Near, QuicStream Far)>();
        for (var i = 0; i < PooledStreams; i++)
            streams.Add(await OpenAsync(pair.Client, pair.Server));
        foreach (var (near, far) in streams)
        {
            await near.DisposeAsync();
            await far.DisposeAsync();
        }
        await UntilAsync(() => pair.Client.Statistics.OpenStreams + pair.Server.Statistics.OpenStreams == 0);
    }

    private async Task ReconnectAsync(QuicListener listener, int times)
    {
        for (var i = 0; i < times; i += AtOnce)
            await Task.WhenAll(
                Enumerable.Range(0, AtOnce).SelectMany(_ => new[] { ConnectAsync(listener), AcceptAsync(listener) }));

        // The closing periods of the server end on their own.
        await UntilAsync(() => listener.Loops[0].ConnectionCount == 0);
    }

    private async Task ConnectAsync(QuicListener listener)
    {
        var group = new ClientGroup(listener.LocalEndPoint, QuicPair.ClientOptions, single: true);
        var client = await group.ConnectAsync(listener.LocalEndPoint, Token);
        _connections.Add(new WeakReference(client));
        var stream = await client.OpenStreamAsync(Token);
        await stream.Output.WriteAsync(new byte[] { 7 }, Token);
        _ = await stream.Input.ReadAsync(Token);
        await stream.DisposeAsync();
        await client.CloseAsync();
        await group.Loop.Stopped.WaitAsync(Token);
    }

    private async Task AcceptAsync(QuicListener listener)
    {
        var server = await listener.AcceptAsync(Token);
        _connections.Add(new WeakReference(server));
        var stream = await server.AcceptStreamAsync(Token);
        await stream.Output.WriteAsync(new byte[] { 8 }, Token);
        await server.Closed.WaitAsync(Token);
        stream.Abort(0);
    }

    private int Alive()
    {
        GC.Collect();
        return _connections.Count(connection => connection.IsAlive);
    }

    private static long NativeBytes() => OperatingSystem.IsLinux() ? (long)mallinfo2().InUse : 0;

    [LibraryImport("libc")]
    private static partial AllocatorState mallinfo2();

    [StructLayout(LayoutKind.Sequential)]
    private struct AllocatorState
    {
        public nuint Arena;
        public nuint FreeChunks;
        public nuint FastChunks;
        public nuint MappedRegions;
        public nuint MappedBytes;
        public nuint MostEver;
        public nuint FreeFastBytes;
        public nuint InUse;
        public nuint Free;
        public nuint Trimmable;
    }
}
