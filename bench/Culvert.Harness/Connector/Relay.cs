using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Runtime.CompilerServices;

namespace Culvert.Harness.Connector;

/// <summary>Carries bytes between two TCP connections, with the regression that was asked for.</summary>
internal static class Relay
{
    private const int BufferSize = 16 * 1024;
    private static byte[]? _garbage;

    /// <summary>Serves every connection that comes in, until the listener is closed.</summary>
    public static async Task AcceptAsync(TcpListener listener, IPEndPoint origin)
    {
        while (true)
        {
            var near = await listener.AcceptSocketAsync();
            _ = ServeAsync(near, origin);
        }
    }

    private static async Task ServeAsync(Socket near, IPEndPoint origin)
    {
        using var far = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        using (near)
        {
            near.NoDelay = true;
            try
            {
                await far.ConnectAsync(origin);
                await Task.WhenAny(PumpAsync(near, far, requests: true), PumpAsync(far, near, requests: false)).Unwrap();
            }
            catch (SocketException)
            {
                // One side is gone; closing the other tells it.
            }
        }
    }

    private static async Task PumpAsync(Socket from, Socket to, bool requests)
    {
        var buffer = GC.AllocateUninitializedArray<byte>(BufferSize, pinned: true);
        var copy = new byte[BufferSize];
        while (await from.ReceiveAsync(buffer) is > 0 and var count)
        {
            if (requests && buffer.AsSpan(0, count).StartsWith("GET "u8))
            {
                Regress();
            }

            if (Injection.Copies)
            {
                buffer.AsSpan(0, count).CopyTo(copy);
            }

            for (var sent = 0; sent < count;)
            {
                sent += await to.SendAsync(buffer.AsMemory(sent, count - sent));
            }
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Regress()
    {
        if (Injection.Allocates)
        {
            // An array's head takes 24 bytes: 64 in all. Kept, or the compiler could leave it out.
            _garbage = new byte[40];
        }

        var started = Stopwatch.GetTimestamp();
        while (Stopwatch.GetElapsedTime(started) < Injection.Cpu)
        {
            Thread.SpinWait(1);
        }
    }
}
