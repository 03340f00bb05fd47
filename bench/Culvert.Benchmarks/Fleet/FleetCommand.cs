using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Culvert.Benchmarks.Load;
using Culvert.Benchmarks.Load.Processes;
using Culvert.Transports.Connections;
using Culvert.Transports.Credentials;
using Culvert.Transports.Http2.ConnectorRole;
using Culvert.Transports.Tls;

namespace Culvert.Benchmarks.Fleet;

/// <summary><c>fleet</c>: many connectors of one edge node, which is killed and restarted.</summary>
internal static class FleetCommand
{
    private const int ConnectionsOfConnector = 4;
    private const int ConnectorsOfTunnel = 20;
    private const int QuicSockets = 8;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(90);
    private static readonly FleetCount Fleet = new();
    private static double _cpuBefore;

    public static async Task<int> RunAsync(string[] args)
    {
        var (connectors, protocol, culvert) = (2000, "http2", "artifacts/culvert");
        for (var i = 0; i + 1 < args.Length; i += 2)
        {
            switch (args[i])
            {
                case "--connectors": connectors = int.Parse(args[i + 1], CultureInfo.InvariantCulture); break;
                case "--protocol": protocol = args[i + 1]; break;
                case "--culvert": culvert = args[i + 1]; break;
                default: Console.Error.WriteLine($"fleet: unknown option {args[i]}"); return 2;
            }
        }

        var folder = Directory.CreateTempSubdirectory("culvert-fleet");
        try
        {
            await RunAsync(connectors, protocol, Path.GetFullPath(culvert), folder.FullName);
            return 0;
        }
        catch (BenchmarkException e)
        {
            Console.Error.WriteLine($"fleet: {e.Message}");
            return 1;
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static async Task RunAsync(int connectors, string protocol, string culvert, string folder)
    {
        var tunnels = Enumerable.Range(0, Math.Max(1, connectors / ConnectorsOfTunnel)).Select(_ =>
            new TunnelCredentials("fleet", Guid.NewGuid(), RandomNumberGenerator.GetBytes(32))).ToArray();
        File.WriteAllLines(
            Path.Combine(folder, "tunnels"),
            tunnels.Select((tunnel, number) => $"t{number}.example={TunnelToken.Format(tunnel)}"));
        var edge = StartEdge(culvert, folder, "127.0.0.1:0", out var address);
        using var authority = X509CertificateLoader.LoadCertificateFromFile(Path.Combine(folder, "edge", "ca.pem"));
        var trust = EdgeTrust.Only(authority);
        await using IEdgeDialer dialer = protocol == "quic"
            ? new SharedQuicDialer(address, trust, QuicSockets) : new Http2EdgeDialer(trust);
        using var stop = new CancellationTokenSource();
        var started = Stopwatch.GetTimestamp();
        var running = new List<Task>();
        for (var connector = 0; connector < connectors; connector++)
        {
            var id = Guid.NewGuid();
            for (byte index = 0; index < ConnectionsOfConnector; index++)
            {
                running.Add(new FleetConnection(
                    dialer, address, index, tunnels[connector % tunnels.Length], id,
                    Fleet).RunAsync(stop.Token));
            }
        }

        var all = connectors * ConnectionsOfConnector;
        try
        {
            await WaitAsync(all, "first registrations", started, 0);
            await Task.Delay(TimeSpan.FromSeconds(5));
            var steady = Report("steady", edge, started, all);
            foreach (var restart in new[] { "restart", "crash" })
            {
                if (restart == "crash")
                {
                    // Nobody is told; connectors find out by themselves.
                    _ = Signals.Send(edge.Id, Signals.Kill);
                }

                edge.Dispose();
                _cpuBefore = Environment.CpuUsage.TotalTime.TotalSeconds;
                var before = Fleet.Registrations;
                edge = StartEdge(culvert, folder, address.ToString(), out _);
                started = Stopwatch.GetTimestamp();
                await WaitAsync(all, restart, started, before);
                var back = Report(restart, edge, started, all);
                Console.WriteLine(
                    $"  memory overshoot {100.0 * (back.PeakBytes - steady.ResidentBytes) / steady.ResidentBytes:0} %");
                await Task.Delay(TimeSpan.FromSeconds(5));
                Report("  5 s later", edge, started, all);
            }
        }
        finally
        {
            await stop.CancelAsync();
            edge.Dispose();
        }

        await Task.WhenAll(running).WaitAsync(Patience).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private static ChildProcess StartEdge(string culvert, string folder, string connectors, out IPEndPoint address)
    {
        var edge = ChildProcess.Start("edge",
        [
            culvert, "edge", "--data", Path.Combine(folder, "edge"), "--listen", "127.0.0.1:0", "--listen-connectors", connectors,
            "--listen-api", "127.0.0.1:0", "--tunnels-file", Path.Combine(folder, "tunnels"), "--loglevel", "info",
            "--metrics", "127.0.0.1:0",
        ]);
        address = IPEndPoint.Parse(edge.WaitFor("Edge node is listening.* connectors=([0-9.:]+)"));
        return edge;
    }

    // Counts what was registered in each second, which shows whether everybody comes at the same moment.
    private static async Task WaitAsync(int all, string what, long started, int before)
    {
        var seconds = new List<int>();
        for (var first = before; Stopwatch.GetElapsedTime(started) < Patience;)
        {
            await Task.Delay(100);
            var now = Fleet.Registrations;
            var second = (int)Stopwatch.GetElapsedTime(started).TotalSeconds;
            while (seconds.Count <= second)
            {
                seconds.Add(0);
            }

            seconds[second] += now - before;
            before = now;
            if (now - first >= all && Fleet.Connections == all)
            {
                Console.WriteLine($"{what}: all {all} connections after {Stopwatch.GetElapsedTime(started).TotalSeconds:0.0} s");
                Console.WriteLine($"  in each second: {string.Join(' ', seconds)}");
                TellFailures();
                return;
            }
        }

        TellFailures();
        throw new BenchmarkException(
            $"{what}: {Fleet.Connections} of {all} connections after {Patience.TotalSeconds:0} s, " +
            $"{Fleet.Registrations} registrations: {string.Join(' ', seconds)}");
    }

    private static void TellFailures()
    {
        foreach (var failure in Fleet.TakeFailures())
        {
            Console.WriteLine($"  failed attempts: {failure}");
        }
    }

    private static ProcessReading Report(string what, ChildProcess edge, long started, int all)
    {
        var reading = ProcessReading.Of(edge);
        Console.WriteLine(
            $"{what}: edge node {reading.ResidentBytes >> 20} MiB, at most {reading.PeakBytes >> 20} MiB, " +
            $"{reading.ResidentBytes / all} bytes for each connection, {reading.CpuSeconds:0.0} s of CPU, " +
            $"fleet {Environment.CpuUsage.TotalTime.TotalSeconds - _cpuBefore:0.0} s, " +
            $"after {Stopwatch.GetElapsedTime(started).TotalSeconds:0} s");
        return reading;
    }
}
