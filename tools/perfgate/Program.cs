using Culvert.PerfGate;

try
{
    return args switch
    {
        ["check", .. var rings] => GateCommands.Check(rings),
        ["record", var reason] => GateCommands.Record(reason, movesCommit: false),
        ["record", var reason, "--commit"] => GateCommands.Record(reason, movesCommit: true),
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
        usage: perfgate check [1] [2] [3]          measures this build and compares it with tools/perfgate/baseline.json; without
                                                   rings, all
               perfgate record REASON [--commit]   measures rings 1 and 2 and writes what has changed into the baseline, with the
                                                   reason; with --commit, ring 3 compares with HEAD from now on
               perfgate self-test [NAME ...]       puts known regressions in and makes sure that each is caught:
                                                   allocation segmentation copy instructions cpu; without names, all
        Run through tools/perfgate.sh, which builds what is measured.
        """);
    return 2;
}
