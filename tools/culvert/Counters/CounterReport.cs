using System.Globalization;
using System.Runtime.InteropServices;
using Culvert.Transports.Quic;

namespace Culvert.CommandLine.Counters;

/// <summary>
/// For benchmarks: with <c>CULVERT_COUNTERS=1</c> in the environment, writes a line of totals since the start to the error stream
/// on each SIGUSR1 (docs/benchmark.md). Costs nothing between the signals, and nothing at all without the variable.
/// </summary>
internal static class CounterReport
{
    /// <summary>Environment variable that asks for the report.</summary>
    public const string Variable = "CULVERT_COUNTERS";

    // SIGUSR1 of Linux, on the processors that .NET runs on; PosixSignal names only signals that every system has.
    private const PosixSignal User1 = (PosixSignal)10;

    /// <summary>Listens for the signal when the environment asks for it.</summary>
    /// <returns>What ends the listening, or null.</returns>
    public static IDisposable? StartWhenAsked(TextWriter output)
    {
        if (!OperatingSystem.IsLinux() || Environment.GetEnvironmentVariable(Variable) != "1")
        {
            return null;
        }

        var registration = PosixSignalRegistration.Create(User1, context =>
        {
            context.Cancel = true;
            output.WriteLine(Line());
        });
        output.WriteLine("counters ready");
        return registration;
    }

    /// <summary>One line of <c>name=value</c> pairs.</summary>
    public static string Line()
    {
        var udp = UdpTraffic.Now();
        return string.Create(
            CultureInfo.InvariantCulture,
            $"counters allocated={GC.GetTotalAllocatedBytes(precise: true)} collections={GC.CollectionCount(0)} " +
            $"heap={GC.GetTotalMemory(false)} " +
            $"udp_sends={udp.SendCalls} udp_messages={udp.MessagesSent} udp_sent={udp.DatagramsSent} " +
            $"udp_receives={udp.ReceiveCalls} udp_received={udp.DatagramsReceived} " +
            $"rented={Rentals.Outstanding}");
    }
}
