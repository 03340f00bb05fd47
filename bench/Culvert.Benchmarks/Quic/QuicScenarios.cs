using System.Diagnostics;
using Culvert.Transports.Quic;

namespace Culvert.Benchmarks.Quic;

internal static class QuicScenarios
{
    private const double Mega = 1e6;

    public static async Task BulkAsync(QuicLab lab, string name, int streams, long total)
    {
        await using var connection = await lab.ConnectAsync();
        await SendAsync(connection, streams, total / 8);
        await WaitForBytesAsync(lab, total / 8 / streams * streams);
        var (peerBefore, _, bytesBefore) = await lab.ReadPeerAsync();
        var before = QuicLab.ReadOwn(connection);
        await SendAsync(connection, streams, total);
        await WaitForBytesAsync(lab, bytesBefore + (total / streams * streams));
        var sender = QuicLab.ReadOwn(connection) - before;
        var (peerAfter, _, bytesAfter) = await lab.ReadPeerAsync();
        var receiver = peerAfter - peerBefore;
        var megabytes = (bytesAfter - bytesBefore) / Mega;
        QuicTable.Row(name, ("MB/s", megabytes / sender.WallSeconds, "F0"),
            ("sender MB/cpu-s", megabytes / sender.CpuSeconds, "F0"), ("receiver MB/cpu-s", megabytes / receiver.CpuSeconds,
                "F0"),
            ("packets/send", (double)sender.PacketsSent / sender.SendCalls, "F1"),
            ("packets/receive", (double)receiver.PacketsReceived / receiver.ReceiveCalls, "F1"),
            ("sender B/packet", (double)sender.Allocated / sender.PacketsSent, "F3"),
            ("receiver B/packet", (double)receiver.Allocated / receiver.PacketsReceived, "F3"),
            ("wakes", sender.Wakes, "F0"), ("peer wakes", receiver.Wakes, "F0"));
    }

    public static async Task DatagramsAsync(QuicLab lab, string name, int size)
    {
        await using var connection = await lab.ConnectAsync();
        while (connection.MaxDatagramPayload < 1200)
            await Task.Yield();
        await SendDatagramsAsync(connection, size, TimeSpan.FromSeconds(1));
        var (peerBefore, receivedBefore, _) = await lab.ReadPeerAsync();
        var before = QuicLab.ReadOwn(connection);
        var sentBefore = connection.Statistics.DatagramsSent;
        await SendDatagramsAsync(connection, size, TimeSpan.FromSeconds(5));
        var sender = QuicLab.ReadOwn(connection) - before;
        var sent = connection.Statistics.DatagramsSent - sentBefore;
        var (peerAfter, receivedAfter, _) = await lab.ReadPeerAsync();
        var receiver = peerAfter - peerBefore;
        var received = receivedAfter - receivedBefore;
        QuicTable.Row(name, ("sent/s", sent / sender.WallSeconds, "F0"), ("received/s", received / sender.WallSeconds, "F0"),
            ("sender /cpu-s", sent / sender.CpuSeconds, "F0"), ("receiver /cpu-s", received / receiver.CpuSeconds, "F0"),
            ("sender B/datagram", (double)sender.Allocated / sent, "F3"), ("receiver B/datagram",
                (double)receiver.Allocated / received, "F3"),
            ("packets/send", (double)sender.PacketsSent / sender.SendCalls, "F1"));
    }

    public static async Task PacedAsync(QuicLab lab, TimeSpan time)
    {
        await using var connection = await lab.ConnectAsync();
        var stream = await connection.OpenStreamAsync();
        // The first second compiles the receiver's code, which the shipped binary has done beforehand.
        await PaceAsync(stream, TimeSpan.FromSeconds(1));
        int[] ports = [lab.Remote.Port, connection.LocalEndPoint.Port];
        var drops = UdpReceiveDrops(ports);
        var before = QuicLab.ReadOwn(connection);
        var (peerBefore, _, bytesBefore) = await lab.ReadPeerAsync();
        await PaceAsync(stream, time);
        var (peerAfter, _, bytesAfter) = await lab.ReadPeerAsync();
        var sender = QuicLab.ReadOwn(connection) - before;
        var receiver = peerAfter - peerBefore;
        QuicTable.Row("paced-1gbit", ("Mbit/s", (bytesAfter - bytesBefore) * 8 / Mega / sender.WallSeconds, "F0"),
            ("kernel drops", UdpReceiveDrops(ports) - drops, "F0"),
            ("receiver % of a core", receiver.CpuSeconds / receiver.WallSeconds * 100, "F0"));
        await stream.DisposeAsync();
    }

    public static async Task EchoAsync(QuicLab lab, int count)
    {
        const int inFlight = 32, size = 1024;
        await using var connection = await lab.ConnectAsync();
        var payload = new byte[size];
        payload[0] = 1;
        await EchoAsync(connection, payload, inFlight, count / 10);
        var (peerBefore, _, _) = await lab.ReadPeerAsync();
        var before = QuicLab.ReadOwn(connection);
        await EchoAsync(connection, payload, inFlight, count);
        var client = QuicLab.ReadOwn(connection) - before;
        var (peerAfter, _, _) = await lab.ReadPeerAsync();
        var server = peerAfter - peerBefore;
        QuicTable.Row("echo", ("per s", count / client.WallSeconds, "F0"), ("client /cpu-s", count / client.CpuSeconds, "F0"),
            ("server /cpu-s", count / server.CpuSeconds, "F0"), ("both /cpu-s", count / (client.CpuSeconds + server.CpuSeconds),
                "F0"),
            ("packets/send", (double)client.PacketsSent / client.SendCalls, "F1"),
            ("packets/receive", (double)client.PacketsReceived / client.ReceiveCalls, "F1"),
            ("packets/echo", (double)(client.PacketsSent + client.PacketsReceived) / count, "F2"),
            ("client B/echo", (double)client.Allocated / count, "F1"), ("server B/echo", (double)server.Allocated / count, "F1"),
            ("wakes", client.Wakes, "F0"), ("peer wakes", server.Wakes, "F0"));
    }

    public static async Task HandshakesAsync(QuicLab lab, int count)
    {
        const int inFlight = 16;
        var group = lab.Group();
        await HandshakesAsync(lab, group, inFlight, count / 10);
        var (peerBefore, _, _) = await lab.ReadPeerAsync();
        var before = Reading.Now();
        await HandshakesAsync(lab, group, inFlight, count);
        var client = Reading.Now() - before;
        var (peerAfter, _, _) = await lab.ReadPeerAsync();
        var server = peerAfter - peerBefore;
        QuicTable.Row("handshake", ("per s", count / client.WallSeconds, "F0"), ("client /cpu-s", count / client.CpuSeconds,
            "F0"),
            ("server /cpu-s", count / server.CpuSeconds, "F0"));
        group.Loop.Stop();
    }

    public static async Task IdleAsync(QuicLab lab, int count)
    {
        var group = lab.Group();
        await HandshakesAsync(lab, group, 16, 50);
        await lab.TrimPeerAsync();
        var (empty, _, _) = await lab.ReadPeerAsync();
        var connections = new List<QuicConnection>();
        while (connections.Count < count)
        {
            var batch = Enumerable.Range(0, 20).Select(_ => group.ConnectAsync(lab.Remote, default).AsTask());
            connections.AddRange(await Task.WhenAll(batch));
        }
        await Task.Delay(TimeSpan.FromSeconds(2));
        var held = await lab.TrimPeerAsync();
        var (before, _, _) = await lab.ReadPeerAsync();
        await Task.Delay(TimeSpan.FromSeconds(10));
        var (after, _, _) = await lab.ReadPeerAsync();
        QuicTable.Row("idle", ("connections", held, "F0"),
            ("KiB each", (before.ResidentBytes - empty.ResidentBytes) / 1024.0 / held, "F1"),
            ("% of a core", (after - before).CpuSeconds / (after - before).WallSeconds * 100, "F1"));
        group.Loop.Stop();
    }

    private static async Task PaceAsync(QuicStream stream, TimeSpan time)
    {
        // A link delivers evenly, so the source yields instead of sleeping: its own CPU time says nothing.
        var chunk = new byte[16_000];
        var started = Stopwatch.GetTimestamp();
        for (long sent = 0; Stopwatch.GetElapsedTime(started) < time; sent += chunk.Length)
        {
            while (sent > Stopwatch.GetElapsedTime(started).TotalSeconds * 125e6)
                await Task.Yield();
            await stream.Output.WriteAsync(chunk);
        }
    }

    // The kernel's count of datagrams dropped at our two sockets because a receive buffer was full: the table's last column.
    private static long UdpReceiveDrops(int[] ports)
    {
        var suffixes = Array.ConvertAll(ports, port => $":{port:X4}");
        return File.ReadLines("/proc/net/udp").Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries))
            .Where(columns => suffixes.Any(suffix => columns[1].EndsWith(suffix, StringComparison.Ordinal)))
            .Sum(columns => long.Parse(columns[^1], System.Globalization.CultureInfo.InvariantCulture));
    }

    private static async Task SendAsync(QuicConnection connection, int streams, long total)
    {
        var chunk = new byte[64 * 1024];
        var tasks = Enumerable.Range(0, streams).Select(async _ =>
        {
            var stream = await connection.OpenStreamAsync();
            for (var left = total / streams; left > 0;)
            {
                var count = (int)Math.Min(left, chunk.Length);
                await stream.Output.WriteAsync(chunk.AsMemory(0, count));
                left -= count;
            }
            await stream.DisposeAsync();
        });
        await Task.WhenAll(tasks);
    }

    private static async Task WaitForBytesAsync(QuicLab lab, long bytes)
    {
        while ((await lab.ReadPeerAsync()).Bytes < bytes)
            await Task.Delay(5);
    }

    private static Task SendDatagramsAsync(QuicConnection connection, int size, TimeSpan time) => Task.Run(async () =>
    {
        var payload = new byte[size];
        var started = Stopwatch.GetTimestamp();
        while (Stopwatch.GetElapsedTime(started) < time)
        {
            var refused = false;
            for (var i = 0; i < 64 && !refused; i++)
                refused = !connection.TrySendDatagram(payload);
            if (refused)
                await Task.Delay(1);
        }
    });

    private static async Task EchoAsync(QuicConnection connection, byte[] payload, int inFlight, int count)
    {
        var left = count;
        var workers = Enumerable.Range(0, inFlight).Select(async _ =>
        {
            while (Interlocked.Decrement(ref left) >= 0)
            {
                var stream = await connection.OpenStreamAsync();
                await stream.Output.WriteAsync(payload);
                await stream.Output.CompleteAsync();
                long received = 0;
                while (true)
                {
                    var result = await stream.Input.ReadAsync();
                    received += result.Buffer.Length;
                    stream.Input.AdvanceTo(result.Buffer.End);
                    if (result.IsCompleted)
                        break;
                }
                if (received != payload.Length)
                    throw new InvalidOperationException($"{received} bytes came back");
                await stream.DisposeAsync();
            }
        });
        await Task.WhenAll(workers);
    }

    private static async Task HandshakesAsync(QuicLab lab, Transports.Quic.Endpoints.ClientGroup group, int inFlight, int count)
    {
        var left = count;
        var workers = Enumerable.Range(0, inFlight).Select(async _ =>
        {
            while (Interlocked.Decrement(ref left) >= 0)
            {
                var connection = await group.ConnectAsync(lab.Remote, default);
                await connection.CloseAsync();
            }
        });
        await Task.WhenAll(workers);
    }
}
