using System.Globalization;
using System.Text.RegularExpressions;
using Culvert.PerfGate.Baselines;

namespace Culvert.PerfGate.Callgrind;

/// <summary>
/// How often a connector copies each byte of a body: the bytes that memory-copy functions have stored, over the bytes
/// carried. The connector runs under callgrind, which counts each instruction; the disassembly tells which of them store,
/// and how much. Start-up and handshake are in it: under a hundredth of a copy, without a look at the network, which reads the
/// machine's root certificates.
/// </summary>
internal static partial class CopyCount
{
    private const int Mebibytes = 16;

    // Valgrind does not know the native compiler's code section for a part of its program, and loads every program here.
    private const string UnknownProgram = "???";
    private const ulong LoadAddress = 0x108000;

    // The load driver warms a connector up with a sixteenth of the body.
    private const double Carried = (Mebibytes + (Mebibytes / 16)) * 1024.0 * 1024.0;

    public static IReadOnlyList<Measurement> Measure(string? injection = null) =>
        [Copies("down", injection), Copies("up", injection)];

    private static Measurement Copies(string direction, string? injection)
    {
        var file = Path.GetTempFileName();
        try
        {
            var environment = Programs.SteadyWith(injection);
            var command = $"env {string.Join(' ', environment)} valgrind --tool=callgrind --dump-instr=yes --compress-strings=no "
                + $"--compress-pos=no --callgrind-out-file={file} {Programs.Harness} connector tunnel --no-autoupdate "
                + "--no-prechecks "
                + $"--edge {{edge}} "
                + "--cacert {cacert} --protocol {protocol} --url {origin} run --token {token}";
            Programs.Load(
                direction, "--protocol", "quic", "--mib", Mebibytes.ToString(CultureInfo.InvariantCulture),
                    "--rounds", "1", "--no-syscalls",
                "--connector", command);
            var copied = Bytes(CallgrindFile.Instructions(File.ReadLines(file), IsCopy));
            return new Measurement($"{direction}/quic/connector/copies-per-byte", copied / Carried);
        }
        finally
        {
            File.Delete(file);
        }
    }

    private static double Bytes(IReadOnlyList<InstructionCount> counts)
    {
        var bytes = 0.0;
        foreach (var program in counts.GroupBy(count => count.Program))
        {
            var (file, shift) = program.Key == UnknownProgram ? (Programs.Harness, LoadAddress) : (program.Key, 0UL);
            var widths = StoreWidths.Of(file, program.Min(count => count.Address) - shift,
                program.Max(count => count.Address) - shift);
            bytes += program.Sum(count => (double)count.Count * widths.GetValueOrDefault(count.Address - shift));
        }

        return bytes > 0 ? bytes
            : throw new GateException("callgrind has seen no memory-copy function: are the harness's symbols there?");
    }

    private static bool IsCopy(string function) => CopyFunction().IsMatch(function);

    [GeneratedRegex("mem(move|p?cpy)", RegexOptions.IgnoreCase)]
    private static partial Regex CopyFunction();
}
