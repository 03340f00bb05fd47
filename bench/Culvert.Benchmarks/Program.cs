using Culvert.Benchmarks.Datagrams;
using Culvert.Benchmarks.Fleet;
using Culvert.Benchmarks.Load;
using Culvert.Benchmarks.Load.Origin;
using Culvert.Benchmarks.Micro;
using Culvert.Benchmarks.Quic;
using Culvert.Benchmarks.Stages;

return args switch
{
    ["quic-peer", .. var rest] => await QuicPeer.RunAsync(rest),
    ["quic", .. var rest] => await QuicTable.RunAsync(rest),
    ["load", .. var rest] => LoadCommand.Run(rest),
    ["micro"] => MicroCommand.Run(""),
    ["micro", var filter] => MicroCommand.Run(filter),
    ["origin"] => OriginServer.Run(),
    ["datagram-connector", .. var rest] => await DatagramConnector.RunAsync(rest),
    ["datagram-sockets", .. var rest] => BareSockets.Run(rest),
    ["datagrams", .. var rest] => await DatagramTable.RunAsync(rest),
    ["flows"] => FlowCost.Run(),
    ["fleet", .. var rest] => await FleetCommand.RunAsync(rest),
    ["routes"] => RouteCost.Run(),
    _ => Usage(),
};

static int Usage()
{
    Console.Error.WriteLine("""
        usage: Culvert.Benchmarks quic [scenario ...]   QUIC over loopback, two processes; without names, every scenario
               Culvert.Benchmarks load [scenario ...] [options]   whole tunnels: origin, edge node and connector as processes
                 scenarios: get-1 get-50 get-200 down up websockets slow; without names, every one
                 --protocol quic|http2   one transport instead of both
                 --compare COMMAND       a second connector, interleaved with the first: its binary, or a command with the
                                         placeholders {edge} {cacert} {protocol} {origin} {token} {api}
                 --culvert FILE          the binary under test, artifacts/culvert unless given
                 --connector COMMAND     another first connector
                 --seconds N --requests N --mib N --rounds N   more or less load
                 --no-syscalls           leaves out the run that counts system calls
                 --json FILE             appends a line for each result
               Culvert.Benchmarks micro [filter]   time and garbage of single operations and stages (BenchmarkDotNet)
               Culvert.Benchmarks origin   the web server of 'load', until its standard input ends
               Culvert.Benchmarks datagrams [command ...]   UDP echo through a connector process; with the command of another
                                                            one, in which {edge} and {ca} are replaced, beside ours
               Culvert.Benchmarks fleet [options]   connectors with four connections each, and an edge node that is restarted
                 --connectors N --protocol quic|http2 --culvert FILE
               Culvert.Benchmarks flows             what 50,000 open flows cost, and how fast they are registered
               Culvert.Benchmarks routes            what finding one of 10, 1,000 and 100,000 rules costs, by turns in one run
        """);
    return 2;
}
