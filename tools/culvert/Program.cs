using Culvert.CommandLine.Commands;

return await CommandTree.RunAsync(args, Console.Out, Console.Error).ConfigureAwait(false);
