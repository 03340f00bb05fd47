using Culvert.Benchmarks.Datagrams;
using Culvert.Benchmarks.Quic;

return args switch
{
    ["quic-peer", .. var rest] => await QuicPeer.RunAsync(rest),
    ["quic", .. var rest] => await QuicTable.RunAsync(rest),
    ["datagram-connector", .. var rest] => await DatagramConnector.RunAsync(rest),
    ["datagrams", .. var rest] => await DatagramTable.RunAsync(rest),
    ["flows"] => FlowCost.Run(),
    _ => Usage(),
};

static int Usage()
{
    Console.Error.WriteLine("""
        usage: Culvert.Benchmarks quic [scenario ...]   QUIC over loopback, two processes; without names, every scenario
               Culvert.Benchmarks datagrams [command ...]   UDP echo through a connector process; with the command of another
                                                            one, in which {edge} and {ca} are replaced, beside ours
               Culvert.Benchmarks flows             what 50,000 open flows cost, and how fast they are registered
        """);
    return 2;
}
