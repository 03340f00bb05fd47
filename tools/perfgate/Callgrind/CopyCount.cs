using System.Globalization;
using System.Text.RegularExpressions;
using Culvert.PerfGate.Baselines;

namespace Culvert.PerfGate.Callgrind;

/// <summary>
/// How often a connector copies each byte of a body: the bytes that memory-copy functions have stored, over the bytes carried. The
/// connector runs under callgrind, which counts each store instruction; the disassembly tells how wide it is. Two sizes of body
/// are carried and their difference is taken, so that start-up and handshake fall out.
/// </summary>
internal static partial class CopyCount
{
    private const int Small = 2;
    private const int Large = 10;
    private const double Mebibyte = 1024 * 1024;

    public static IReadOnlyList<Measurement> Measure(string? injection = null) => [Copies("down", injection), Copies("up", injection)];

    private static Measurement Copies(string direction, string? injection)
    {
        var copied = Copied(direction, Large, injection) - Copied(direction, Small, injection);
        return new Measurement($"{direction}/quic/connector/copies-per-byte", copied / ((Large - Small) * Mebibyte));
    }

    private static double Copied(string direction, int mebibytes, string? injection)
    {
        var file = Path.GetTempFileName();
        try
        {
            string[] environment = injection is null ? Programs.Steady : [.. Programs.Steady, $"CULVERT_HARNESS_INJECT={injection}"];
            var command = $"env {string.Join(' ', environment)} valgrind --tool=callgrind --dump-instr=yes --cache-sim=yes --compress-strings=no "
                + $"--compress-pos=no --callgrind-out-file={file} {Programs.Harness} connector tunnel --no-autoupdate --edge {{edge}} "
                + "--cacert {cacert} --protocol {protocol} --url {origin} run --token {token}";
            Programs.Load(
                direction, "--protocol", "quic", "--mib", mebibytes.ToString(CultureInfo.InvariantCulture), "--rounds", "1", "--no-syscalls",
                "--connector", command);
            return Bytes(CallgrindFile.Writes(File.ReadLines(file), IsCopy));
        }
        finally
        {
            File.Delete(file);
        }
    }

    private static double Bytes(IReadOnlyList<InstructionWrites> writes)
    {
        var bytes = 0.0;
        foreach (var program in writes.GroupBy(write => write.Program))
        {
            var widths = StoreWidths.Of(program.Key, program.Min(write => write.Address), program.Max(write => write.Address));

            // Writes that are no stores of a register are calls and pushes.
            bytes += program.Sum(write => (double)write.Count * widths.GetValueOrDefault(write.Address));
        }

        return bytes > 0 ? bytes : throw new GateException("callgrind has seen no memory-copy function: are the harness's symbols there?");
    }

    private static bool IsCopy(string function) => CopyFunction().IsMatch(function);

    [GeneratedRegex("mem(move|p?cpy)", RegexOptions.IgnoreCase)]
    private static partial Regex CopyFunction();
}
