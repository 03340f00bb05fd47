using Culvert.Benchmarks.Quic;

return args switch
{
    ["quic-peer", .. var rest] => await QuicPeer.RunAsync(rest),
    ["quic", .. var rest] => await QuicTable.RunAsync(rest),
    _ => Usage(),
};

static int Usage()
{
    Console.Error.WriteLine("""
        usage: Culvert.Benchmarks quic [scenario ...]   QUIC over loopback, two processes; without names, every scenario
        """);
    return 2;
}
