using Culvert.Benchmarks.Load.Scenarios;

namespace Culvert.Benchmarks.Load;

/// <summary><c>load</c>: whole tunnels under load, and what each process pays for it.</summary>
internal static class LoadCommand
{
    public static int Run(string[] args)
    {
        try
        {
            var options = LoadOptions.Parse(args);
            var results = new List<ScenarioResult>();
            foreach (var scenario in options.Scenarios)
            {
                foreach (var protocol in options.Protocols)
                {
                    Console.Error.WriteLine($"running {scenario.Name} over {protocol}");
                    var measured = ScenarioRunner.Run(scenario, protocol, options);
                    results.AddRange(measured);
                    if (options.JsonFile is { } file)
                    {
                        File.AppendAllLines(file, measured.Select(LoadJson.Line));
                    }
                }
            }

            LoadTable.Write(results, Console.Out);
            RatioTable.Write(results, Console.Out);
            return 0;
        }
        catch (BenchmarkException e)
        {
            Console.Error.WriteLine($"load: {e.Message}");
            return 1;
        }
    }
}
