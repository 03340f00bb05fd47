using System.Diagnostics;
using System.Globalization;
using System.Net;
using Culvert.Engine.Datagrams.Native;
using Culvert.Transports.Native;

namespace Culvert.Benchmarks.Datagrams;

/// <summary>
/// The same echo without a tunnel: a process that has nothing but the flows' sockets, sends to the origin and reads what comes
/// back, with the calls that the connector makes. What it spends is the kernel's price for one socket to each flow, below which
/// no connector can go.
/// </summary>
internal static unsafe class BareSockets
{
    private const int LostAfter = 100;

    public static int Run(string[] args)
    {
        var numbers = Array.ConvertAll(args, argument => int.Parse(argument, CultureInfo.InvariantCulture));
        var (port, flows, size, window) = (numbers[0], numbers[1], numbers[2], numbers[3]);
        using var epoll = new EpollSet();
        using var writer = new OriginWriter();
        using var reader = new OriginReader();
        var sockets = new int[flows];
        for (var i = 0; i < flows; i++)
        {
            sockets[i] = OriginSocket.Open(IPAddress.Loopback.GetAddressBytes(), (ushort)port);
            epoll.TryAdd(sockets[i], i);
        }
        var payload = stackalloc byte[size];
        var (next, outstanding, returned) = (0, 0, 0L);
        var clock = Stopwatch.StartNew();
        var (begun, spent) = (TimeSpan.Zero, TimeSpan.Zero);
        while (clock.Elapsed < DatagramTable.WarmUp + DatagramTable.Measured)
        {
            if (begun == TimeSpan.Zero && clock.Elapsed > DatagramTable.WarmUp)
                (begun, spent, returned) = (clock.Elapsed, Environment.CpuUsage.TotalTime, 0);
            while (outstanding < window)
            {
                // One flow's datagrams leave in one run, others' each by themselves, as in the muxer.
                var run = flows == 1 ? Math.Min(window - outstanding, OriginWriter.MaxRun) : 1;
                for (var i = 0; i < run; i++)
                    writer.Run[i] = new iovec { iov_base = payload, iov_len = (nuint)size };
                writer.Send(sockets[next], 0, run, out _);
                outstanding += run;
                next = (next + 1) % flows;
            }
            var events = epoll.Wait(LostAfter);
            if (events == 0)
                outstanding = 0;
            for (var e = 0; e < events; e++)
            {
                var slot = epoll.Event(e, out _, out _);
                var count = slot < 0 ? 0 : reader.Read(sockets[slot], flows == 1 ? OriginReader.MaxMessages : 1);
                for (var i = 0; i < count; i++)
                {
                    _ = reader.Message(i, out var length, out _);
                    returned += length / size;
                    outstanding -= length / size;
                }
            }
        }
        var cpu = (Environment.CpuUsage.TotalTime - spent).TotalMicroseconds;
        Console.WriteLine((cpu / returned).ToString("F2", CultureInfo.InvariantCulture));
        return 0;
    }
}
