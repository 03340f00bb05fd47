using System.Diagnostics;
using System.Net;
using Culvert.Benchmarks.Load.Visitors;

namespace Culvert.Benchmarks.Load.Processes;

/// <summary>An origin, an edge node and one or two connectors, each a process of its own, all on loopback.</summary>
internal sealed class TunnelLab : IDisposable
{
    // A connector under an instruction counter starts slowly.
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(3);
    private static readonly Dictionary<string, string> Environment = new() { ["CULVERT_COUNTERS"] = "1" };
    private readonly List<ChildProcess> _processes = [];
    private readonly string _folder = Directory.CreateTempSubdirectory("culvert-load").FullName;

    private TunnelLab()
    {
    }

    public ChildProcess Edge { get; private set; } = null!;

    /// <summary>One side for each connector, in the order they were given in.</summary>
    public IReadOnlyList<TunnelSide> Sides { get; private set; } = [];

    public LoadGenerator Generator { get; private set; } = null!;

    /// <summary>Starts all processes and waits until every connector has answered a request.</summary>
    /// <exception cref="BenchmarkException">One of them does not start, or does not answer within three minutes.</exception>
    public static TunnelLab Start(string culvert, string protocol, IReadOnlyList<ConnectorCommand> connectors)
    {
        var lab = new TunnelLab();
        try
        {
            lab.StartAll(culvert, protocol, connectors);
            return lab;
        }
        catch
        {
            lab.Dispose();
            throw;
        }
    }

    private void StartAll(string culvert, string protocol, IReadOnlyList<ConnectorCommand> connectors)
    {
        var origin = Keep(ChildProcess.Start("origin", [.. Self(), "origin"]));
        var originPort = origin.WaitFor("origin port=([0-9]+)");
        var hosts = connectors.Select((_, index) => $"side{index}.bench.localhost").ToList();
        var tokens = connectors.Select(_ => Token(culvert)).ToList();
        var edgeCommand = new List<string>
        {
            culvert, "edge", "--data", Path.Combine(_folder, "edge"), "--listen", "127.0.0.1:0",
                "--listen-connectors", "127.0.0.1:0",
            "--listen-api", "127.0.0.1:0",
        };
        edgeCommand.AddRange(hosts.Zip(tokens).SelectMany(pair => new[] { "--tunnel", $"{pair.First}={pair.Second}" }));
        Edge = Keep(ChildProcess.Start("edge", edgeCommand, Environment));
        string Address(string name) => Edge.WaitFor($"Edge node is listening.* {name}=([0-9.:]+)");
        Generator = new LoadGenerator(IPEndPoint.Parse(Address("visitors")));
        var values = new Dictionary<string, string>
        {
            ["edge"] = Address("connectors"),
            ["api"] = "http://" + Address("api"),
            ["cacert"] = Path.Combine(_folder, "edge", "ca.pem"),
            ["protocol"] = protocol,
            ["origin"] = $"http://127.0.0.1:{originPort}",
        };
        Sides = [.. connectors.Select((connector, index) =>
        {
            values["token"] = tokens[index];
            var process = Keep(ChildProcess.Start(connector.Name, connector.Fill(values), Environment));
            return new TunnelSide(connector.Name, hosts[index], process);
        })];
        foreach (var side in Sides)
        {
            WaitForAnswer(side);
        }
    }

    public void Dispose()
    {
        foreach (var process in Enumerable.Reverse(_processes))
        {
            process.Dispose();
        }

        Directory.Delete(_folder, recursive: true);
    }

    private void WaitForAnswer(TunnelSide side)
    {
        var started = Stopwatch.GetTimestamp();
        while (true)
        {
            try
            {
                Generator.TryOne(VisitorRequest.Get(side.Host, "/"));
                return;
            }
            catch (BenchmarkException) when (side.Connector.ExitCode is { } code)
            {
                throw new BenchmarkException(
                    $"connector {side.Name} ended with {code} before it answered:\n{side.Connector.LastLines()}");
            }
            catch (BenchmarkException) when (Stopwatch.GetElapsedTime(started) < Patience)
            {
                Thread.Sleep(100);
            }
            catch (BenchmarkException e)
            {
                throw new BenchmarkException($"{side.Name} does not answer: {e.Message}\n{side.Connector.LastLines()}");
            }
        }
    }

    private ChildProcess Keep(ChildProcess process)
    {
        _processes.Add(process);
        return process;
    }

    private static string Token(string culvert)
    {
        using var process = ChildProcess.Start("culvert", [culvert, "edge", "token"]);
        return process.WaitFor("^[A-Za-z0-9+/=_-]{20,}$");
    }

    // Started as 'dotnet Culvert.Benchmarks.dll', the process is the host and needs the file again.
    private static string[] Self()
    {
        var program = System.Environment.ProcessPath!;
        return Path.GetFileNameWithoutExtension(program) == "dotnet"
            ? [program, Path.Combine(AppContext.BaseDirectory, "Culvert.Benchmarks.dll")] : [program];
    }
}

/// <summary>One connector of a lab and the hostname that leads to it.</summary>
internal sealed record TunnelSide(string Name, string Host, ChildProcess Connector);
