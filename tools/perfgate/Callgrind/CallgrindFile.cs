using System.Globalization;

namespace Culvert.PerfGate.Callgrind;

/// <summary>
/// Reads what callgrind counts, in its long form (no compressed names and positions, the instruction's address first).
/// </summary>
public static class CallgrindFile
{
    private const string Hexadecimal = "0x";

    /// <summary>Instructions in all; 0 when the file says nothing.</summary>
    public static long Total(IEnumerable<string> lines)
    {
        ArgumentNullException.ThrowIfNull(lines);
        foreach (var line in lines)
        {
            if (line.StartsWith("summary:", StringComparison.Ordinal) || line.StartsWith("totals:", StringComparison.Ordinal))
            {
                var first = line[(line.IndexOf(':', StringComparison.Ordinal) + 1)..]
                    .Split(' ', StringSplitOptions.RemoveEmptyEntries);
                return long.Parse(first[0], CultureInfo.InvariantCulture);
            }
        }

        return 0;
    }

    /// <summary>How often each instruction of the functions that are asked for ran.</summary>
    /// <param name="lines">The file.</param>
    /// <param name="isWanted">Says by its name whether a function counts.</param>
    /// <exception cref="GateException">The file has no instruction counts.</exception>
    public static IReadOnlyList<InstructionCount> Instructions(IEnumerable<string> lines, Func<string, bool> isWanted)
    {
        ArgumentNullException.ThrowIfNull(lines);
        ArgumentNullException.ThrowIfNull(isWanted);
        var counts = new Dictionary<(string, ulong), long>();
        var (program, positions, column, wanted, isCall) = ("", 1, -1, false, false);
        foreach (var line in lines)
        {
            if (line.StartsWith("positions:", StringComparison.Ordinal))
            {
                positions = line.Split(' ', StringSplitOptions.RemoveEmptyEntries).Length - 1;
            }
            else if (line.StartsWith("events:", StringComparison.Ordinal))
            {
                column = Array.IndexOf(line.Split(' ', StringSplitOptions.RemoveEmptyEntries), "Ir") - 1;
            }
            else if (line.StartsWith("ob=", StringComparison.Ordinal))
            {
                program = line[3..];
            }
            else if (line.StartsWith("fn=", StringComparison.Ordinal))
            {
                wanted = isWanted(line[3..]);
            }
            else if (line.StartsWith("calls=", StringComparison.Ordinal))
            {
                // The line after it is the cost of the called function, which is counted where that is listed.
                isCall = true;
            }
            else if (line.StartsWith(Hexadecimal, StringComparison.Ordinal))
            {
                if (wanted && !isCall)
                {
                    Add(counts, program, line,
                        column < 0 ? throw new GateException("callgrind has counted no instructions") : positions + column);
                }

                isCall = false;
            }
        }

        return [.. counts.Select(pair => new InstructionCount(pair.Key.Item1, pair.Key.Item2, pair.Value))];
    }

    // The positions, then the events in the order of the head; those at the end may be left out when they are zero.
    private static void Add(Dictionary<(string, ulong), long> counts, string program, string line, int column)
    {
        var words = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        var address = ulong.Parse(words[0].AsSpan(Hexadecimal.Length), NumberStyles.HexNumber, CultureInfo.InvariantCulture);
        var count = words.Length > column ? long.Parse(words[column], CultureInfo.InvariantCulture) : 0;
        if (count > 0)
        {
            counts[(program, address)] = counts.GetValueOrDefault((program, address)) + count;
        }
    }
}
