using Culvert.PerfGate;

try
{
    return args switch
    {
        ["check", .. var rings] => GateCommands.Check(rings),
        ["record", var reason] => GateCommands.Record(reason),
        ["self-test", .. var only] => SelfTest.Run(only),
        _ => Usage(),
    };
}
catch (GateException e)
{
    Console.Error.WriteLine($"perfgate: {e.Message}");
    return 1;
}

static int Usage()
{
    Console.Error.WriteLine("""
        usage: perfgate check [1] [2] [3]   measures this build and compares it with tools/perfgate/baseline.json; without rings, all
               perfgate record REASON       measures rings 1 and 2 and writes what has changed into the baseline, with the reason
               perfgate self-test [NAME]    puts known regressions in and makes sure that each is caught
        Run through tools/perfgate.sh, which builds what is measured.
        """);
    return 2;
}
