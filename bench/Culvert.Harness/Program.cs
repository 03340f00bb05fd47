using Culvert.Harness.Connector;
using Culvert.Harness.Operations;

return args switch
{
    ["list"] => OperationCommands.List(Console.Out),
    ["allocations"] => OperationCommands.Allocations(Console.Out),
    ["run", var name, var count] => OperationCommands.Run(name, count, Console.Error),
    ["connector", .. var rest] => await RelayedConnector.RunAsync(rest),
    _ => Usage(),
};

static int Usage()
{
    Console.Error.WriteLine("""
        usage: harness list                  names of the operations
               harness allocations           bytes of garbage of each operation, exact
               harness run NAME COUNT        one operation, or all, so many times, for tools that count instructions
               harness connector ARGUMENTS   'culvert ARGUMENTS' with a relay before its origin
        CULVERT_HARNESS_INJECT puts a regression in: allocation, copy or cpu:MICROSECONDS for 'connector', work for 'run'.
        """);
    return 2;
}
