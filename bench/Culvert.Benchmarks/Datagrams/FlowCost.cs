using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Culvert.Benchmarks.Quic;
using Culvert.Engine.Datagrams.Muxer;
using Culvert.Engine.Datagrams.V3;
using Culvert.Engine.Flows;
using Culvert.Transports.Datagrams;
using Microsoft.Extensions.Logging.Abstractions;

namespace Culvert.Benchmarks.Datagrams;

/// <summary>
/// Registers many flows without a network in between: what each costs in memory and in time, and then, for some seconds, so many
/// each second that a rate is kept while as many end.
/// </summary>
internal static class FlowCost
{
    private const int SustainedRate = 10_000;
    private const int SustainedSeconds = 10;
    private const int StepMilliseconds = 10;

    public static int Run()
    {
        // Each flow has a socket; the process may be allowed fewer.
        var flows = Environment.GetEnvironmentVariable("BENCH_FLOWS") is { } text ? int.Parse(text) : 50_000;
        using var origin = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        origin.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        var port = (ushort)((IPEndPoint)origin.LocalEndPoint!).Port;
        var muxer = new DatagramMuxer(new FlowLimiter(), new VirtualDns(), NullLogger.Instance);
        var connection = new Counter();
        var served = muxer.Attach(connection, 0, sessionEnded: null);
        Open(connection, port, 0, 1000);
        var before = Managed();
        var process = Process.GetCurrentProcess();
        var cpu = process.TotalProcessorTime;
        var resident = process.WorkingSet64;
        var clock = Stopwatch.StartNew();
        Open(connection, port, 1000, flows - 1000);
        var seconds = clock.Elapsed.TotalSeconds;
        process.Refresh();
        var spent = (process.TotalProcessorTime - cpu).TotalSeconds;
        var opened = muxer.FlowCount - 1000;
        QuicTable.Row(
            $"flows {muxer.FlowCount}", ("B/flow managed", (double)(Managed() - before) / opened, "F0"),
            ("B/flow resident", (double)(process.WorkingSet64 - resident) / opened, "F0"),
            ("registrations/s", opened / seconds, "F0"), ("us CPU each", spent / opened * 1e6, "F1"));
        var isComplete = muxer.FlowCount == flows;
        served.Ended();
        Sustain(port);
        return isComplete ? 0 : 1;
    }

    // Each flow ends after a second without traffic.
    private static void Sustain(ushort port)
    {
        var muxer = new DatagramMuxer(new FlowLimiter(), new VirtualDns(), NullLogger.Instance);
        var connection = new Counter();
        var served = muxer.Attach(connection, 0, sessionEnded: null);
        var process = Process.GetCurrentProcess();
        var cpu = process.TotalProcessorTime;
        var clock = Stopwatch.StartNew();
        var (opened, most) = (0, 0);
        var seconds = 0.0;
        while (seconds < SustainedSeconds)
        {
            seconds = clock.Elapsed.TotalSeconds;
            var due = (int)(seconds * SustainedRate) - opened;
            Open(connection, port, opened, due, idleSeconds: 1);
            opened += due;
            served.Ready();
            most = Math.Max(most, muxer.FlowCount);
            Thread.Sleep(StepMilliseconds);
        }
        process.Refresh();
        var spent = (process.TotalProcessorTime - cpu).TotalSeconds;
        QuicTable.Row(
            "sustained", ("registrations/s", muxer.Counters(0).Total / seconds, "F0"),
            ("us CPU each", spent / opened * 1e6, "F1"), ("flows at most", most, "F0"),
            ("refused", opened - muxer.Counters(0).Total, "F0"));
        served.Ended();
    }

    private static long Managed()
    {
        GC.Collect();
        return GC.GetTotalMemory(forceFullCollection: true);
    }

    private static void Open(Counter connection, ushort port, int from, int count, ushort idleSeconds = 600)
    {
        Span<byte> bytes = stackalloc byte[64];
        for (var i = from; i < from + count; i++)
        {
            var id = (UInt128)i * 0x9E37_79B9_7F4A_7C15;
            var length = new RegistrationDatagram(id, [127, 0, 0, 1], port, idleSeconds).Write(bytes);
            connection.Receiver!.Receive(bytes[..length]);
            if (i % 64 == 63)
                connection.Receiver.EndBatch();
        }
        connection.Receiver!.EndBatch();
    }

    private sealed class Counter : IDatagramConnection, IDatagramSender
    {
        public IDatagramReceiver? Receiver { get; private set; }

        public int MaxDatagramPayload => 1400;

        public CancellationToken ClosedToken => CancellationToken.None;

        public IDatagramSender OpenDatagramSender() => this;

        public void StartDatagrams(IDatagramReceiver receiver) => Receiver = receiver;

        public bool TrySend(ReadOnlySpan<byte> datagram) => true;

        public void Flush()
        {
        }
    }
}
