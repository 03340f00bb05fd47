using System.Globalization;
using System.Text.RegularExpressions;

namespace Culvert.PerfGate.Callgrind;

/// <summary>How many bytes store instructions write, from the disassembly of the program they are in.</summary>
public static partial class StoreWidths
{
    /// <summary>Disassembles a program.</summary>
    /// <returns>Bytes of each instruction that stores to memory, by address.</returns>
    internal static IReadOnlyDictionary<ulong, int> Of(string program, ulong first, ulong last) => Parse(Programs.Run(
        "objdump", "-d", "--no-show-raw-insn", $"--start-address=0x{first:x}", $"--stop-address=0x{last + 1:x}",
            program).Split('\n'));

    /// <summary>Reads the lines of 'objdump -d --no-show-raw-insn' for x86-64 or arm64.</summary>
    public static IReadOnlyDictionary<ulong, int> Parse(IEnumerable<string> lines)
    {
        ArgumentNullException.ThrowIfNull(lines);
        var widths = new Dictionary<ulong, int>();
        foreach (var line in lines)
        {
            if (Instruction().Match(line) is { Success: true } match
                && Width(match.Groups[2].Value, match.Groups[3].Value) is > 0 and var width)
            {
                widths[ulong.Parse(match.Groups[1].Value, NumberStyles.HexNumber, CultureInfo.InvariantCulture)] = width;
            }
        }

        return widths;
    }

    // AT&T syntax: the register that is stored comes first, the memory last. A repeated string move stores an element a time.
    private static int Width(string name, string operands) => name switch
    {
        "rep" or "movsb" => operands.Contains("movsq", StringComparison.Ordinal) ? 8 : 1,
        "movsq" => 8,
        _ when !operands.TrimEnd().EndsWith(')') => 0,
        _ => Register(operands),
    };

    private static int Register(string operands) =>
        RegisterName().Match(operands) is { Success: true } match ? match.Groups[1].Value switch
        {
            ['z', 'm', 'm', ..] => 64,
            ['y', 'm', 'm', ..] => 32,
            ['x', 'm', 'm', ..] => 16,
            ['r', .. { Length: > 0 } rest] when rest[^1] == 'd' && char.IsDigit(rest[0]) => 4,
            ['r', .. { Length: > 0 } rest] when rest[^1] == 'w' && char.IsDigit(rest[0]) => 2,
            ['r', .. { Length: > 0 } rest] when rest[^1] == 'b' && char.IsDigit(rest[0]) => 1,
            ['r', ..] => 8,
            ['e', ..] => 4,
            [_, 'l'] or [_, 'h'] or ['s' or 'd', 'i', 'l'] => 1,
            _ => 2,
        } : 0;

    [GeneratedRegex(@"^\s*([0-9a-f]+):\s+(\S+)\s*(.*)$")]
    private static partial Regex Instruction();

    [GeneratedRegex(@"^%([a-z0-9]+),")]
    private static partial Regex RegisterName();
}
