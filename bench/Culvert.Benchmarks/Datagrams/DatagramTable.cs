using System.Diagnostics;
using System.Globalization;
using Culvert.Benchmarks.Quic;

namespace Culvert.Benchmarks.Datagrams;

/// <summary>
/// UDP echo through a connector process: what it spends on a datagram's way there and back. With a command, another connector
/// is measured in turns with ours.
/// </summary>
internal static class DatagramTable
{
    /// <summary>How long a load runs before it is measured.</summary>
    public static readonly TimeSpan WarmUp = TimeSpan.FromSeconds(3);

    /// <summary>How long it is measured.</summary>
    public static readonly TimeSpan Measured = TimeSpan.FromSeconds(6);

    private static readonly string[] Ours = [Environment.ProcessPath!, "datagram-connector", "{edge}", "{ca}"];

    public static async Task<int> RunAsync(string[] command)
    {
        var window = int.Parse(Environment.GetEnvironmentVariable("BENCH_WINDOW") ?? "64", CultureInfo.InvariantCulture);
        var chosen = Environment.GetEnvironmentVariable("BENCH_CASES")?.Split(',');
        foreach (var (size, flows) in new[] { (64, 1), (1200, 1), (64, 1000), (1200, 1000) })
        {
            if (chosen is not null && !chosen.Contains($"{size}x{flows}"))
                continue;
            await MeasureAsync("culvert", Ours, size, flows, window, isOurs: true);
            if (command.Length > 0)
                await MeasureAsync("other", command, size, flows, window, isOurs: false);
            await MeasureSocketsAsync(size, flows, window);
        }
        return 0;
    }

    private static async Task MeasureSocketsAsync(int size, int flows, int window)
    {
        using var origin = new EchoOrigin();
        string[] arguments = ["datagram-sockets", $"{origin.Port}", $"{flows}", $"{size}", $"{window}"];
        using var process = Process.Start(
            new ProcessStartInfo(Environment.ProcessPath!, arguments) { RedirectStandardOutput = true })!;
        var cost = double.Parse((await process.StandardOutput.ReadLineAsync())!, CultureInfo.InvariantCulture);
        await process.WaitForExitAsync();
        QuicTable.Row($"sockets {size}x{flows}", ("us/echo", cost, "F2"));
    }

    private static async Task MeasureAsync(string name, string[] command, int size, int flows, int window, bool isOurs)
    {
        await using var edge = await DatagramEdge.StartAsync();
        using var origin = new EchoOrigin();
        var start = new ProcessStartInfo(command[0])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = !isOurs,
        };
        foreach (var part in command.Skip(1))
            start.ArgumentList.Add(part.Replace("{edge}", edge.EndPoint.ToString()).Replace("{ca}", edge.Authority));
        using var process = Process.Start(start)!;
        if (!isOurs)
        {
            process.OutputDataReceived += (_, _) => { };
            process.ErrorDataReceived += (_, _) => { };
            process.BeginOutputReadLine();
            process.BeginErrorReadLine();
        }
        try
        {
            var connection = await edge.AcceptAsync();
            while (connection.MaxDatagramPayload < 1297)
                await Task.Delay(10);
            var load = new EchoLoad(connection, origin.Port, flows, size, window);
            await load.RegisterAsync();
            await load.RunAsync(WarmUp);
            var allocated = isOurs ? await AllocatedAsync(process) : 0;
            var before = Cpu(process);
            await load.RunAsync(Measured);
            var cpu = Cpu(process) - before;
            allocated = isOurs ? await AllocatedAsync(process) - allocated : 0;
            QuicTable.Row(
                $"{name} {size}x{flows}", ("us/echo", cpu / load.Returned * 1e6, "F2"),
                ("echoes/CPU-s", load.Returned / cpu, "F0"),
                ("echoes", load.Returned, "F0"), ("lost", load.Sent - load.Returned, "F0"),
                ("p50 us", load.RoundTrip(50), "F0"), ("p99 us", load.RoundTrip(99), "F0"),
                ("B/echo", (double)allocated / load.Returned, "F2"), ("MiB", Resident(process), "F0"));
        }
        finally
        {
            process.Kill();
            await process.WaitForExitAsync();
        }
    }

    private static async Task<long> AllocatedAsync(Process process)
    {
        await process.StandardInput.WriteLineAsync("read");
        return long.Parse((await process.StandardOutput.ReadLineAsync())!, CultureInfo.InvariantCulture);
    }

    private static double Cpu(Process process)
    {
        process.Refresh();
        return process.TotalProcessorTime.TotalSeconds;
    }

    private static double Resident(Process process)
    {
        process.Refresh();
        return process.WorkingSet64 / 1048576.0;
    }
}
