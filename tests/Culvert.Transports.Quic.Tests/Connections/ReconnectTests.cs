using System.Collections.Concurrent;
using System.Runtime.InteropServices;

namespace Culvert.Transports.Quic.Tests.Connections;

/// <summary>What a thousand connections leave behind that came and went: nothing.</summary>
[Trait("Category", "Functional")]
public sealed partial class ReconnectTests : FunctionalTest
{
    private const int Reconnects = 1000;

    private const int AtOnce = 20;

    // Timers, pools and tables grow to what they need.
    private const int First = 100;

    private readonly ConcurrentBag<WeakReference> _connections = [];

    public ReconnectTests()
        : base(TimeSpan.FromMinutes(5))
    {
    }

    [Fact]
    public async Task AThousandReconnectsKeepNothing()
    {
        await using var listener = await QuicListener.BindAsync(QuicPair.ServerOptions, Token);
        await ReconnectAsync(listener, First);
        var native = NativeBytes();
        _connections.Clear();
        await ReconnectAsync(listener, Reconnects);
        Assert.Equal(2 * Reconnects, _connections.Count);

        // Those of the last round may still be on somebody's stack.
        Collect();
        Assert.InRange(_connections.Count(connection => connection.IsAlive), 0, 2 * AtOnce);

        // The TLS session of one side alone has ten times as much.
        Assert.InRange(NativeBytes() - native, long.MinValue, Reconnects * 1024);
    }

    private async Task ReconnectAsync(QuicListener listener, int times)
    {
        for (var i = 0; i < times; i += AtOnce)
            await Task.WhenAll(Enumerable.Range(0, AtOnce).SelectMany(_ => new[] { ConnectAsync(listener), AcceptAsync(listener) }));

        // Clients' loops and the closing periods of the server end on their own.
        await UntilAsync(() => listener.Loops[0].ConnectionCount == 0);
    }

    private async Task ConnectAsync(QuicListener listener)
    {
        var client = await QuicClient.ConnectAsync(listener.LocalEndPoint, QuicPair.ClientOptions, Token);
        _connections.Add(new WeakReference(client));
        var stream = await client.OpenStreamAsync(Token);
        await stream.Output.WriteAsync(new byte[] { 7 }, Token);
        _ = await stream.Input.ReadAsync(Token);
        stream.Abort(0);
        await client.CloseAsync();
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

    private static void Collect()
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
        GC.Collect();
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
