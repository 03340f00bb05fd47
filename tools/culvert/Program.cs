using Culvert.CommandLine.Commands;
using Culvert.CommandLine.Counters;

using var counters = CounterReport.StartWhenAsked(Console.Error);
return await CommandTree.RunAsync(args, Console.Out, Console.Error).ConfigureAwait(false);
