using System.Diagnostics;
using System.Text.RegularExpressions;

namespace Culvert.Benchmarks.Load.Processes;

/// <summary>A process of the tunnel under test, with what it has printed.</summary>
internal sealed class ChildProcess : IDisposable
{
    // Under an instruction counter on a busy machine everything takes fifty times as long, and its file is written at the end.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(120);
    private static readonly TimeSpan EndPatience = TimeSpan.FromSeconds(120);

    private readonly Process _process;
    private readonly List<string> _lines = [];
    private readonly string _name;

    private ChildProcess(string name, Process process)
    {
        _name = name;
        _process = process;
    }

    public int Id => _process.Id;

    /// <summary>What the process ended with; null while it runs.</summary>
    public int? ExitCode => _process.HasExited ? _process.ExitCode : null;

    /// <summary>Starts a program; its first word is the file, the others are its arguments.</summary>
    /// <exception cref="BenchmarkException">It cannot be started.</exception>
    public static ChildProcess Start(string name, IReadOnlyList<string> command,
        IReadOnlyDictionary<string, string>? environment = null)
    {
        var start = new ProcessStartInfo(command[0], command.Skip(1))
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var (key, value) in environment ?? new Dictionary<string, string>())
        {
            start.Environment[key] = value;
        }

        var process = new Process { StartInfo = start };
        var child = new ChildProcess(name, process);
        process.OutputDataReceived += (_, line) => child.Keep(line.Data);
        process.ErrorDataReceived += (_, line) => child.Keep(line.Data);
        try
        {
            process.Start();
        }
        catch (System.ComponentModel.Win32Exception e)
        {
            throw new BenchmarkException($"{name}: cannot start {command[0]}: {e.Message}");
        }

        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        return child;
    }

    /// <summary>Whether a line that matches has been printed.</summary>
    public bool HasPrinted(string text)
    {
        lock (_lines)
        {
            return _lines.Exists(line => line.Contains(text, StringComparison.Ordinal));
        }
    }

    public int LineCount
    {
        get
        {
            lock (_lines)
            {
                return _lines.Count;
            }
        }
    }

    /// <summary>The end of what it has printed, for error messages.</summary>
    public string LastLines()
    {
        lock (_lines)
        {
            return string.Join('\n', _lines.TakeLast(20));
        }
    }

    /// <summary>
    /// Waits for a line, from a line number on, and returns the first group of the pattern, or
    /// the whole match.
    /// </summary>
    /// <exception cref="BenchmarkException">The process ended, or half a minute passed.</exception>
    public string WaitFor(string pattern, int from = 0)
    {
        var expression = new Regex(pattern);
        var started = Stopwatch.GetTimestamp();
        lock (_lines)
        {
            for (var at = from; ;)
            {
                for (; at < _lines.Count; at++)
                {
                    if (expression.Match(_lines[at]) is { Success: true } match)
                    {
                        return match.Groups.Count > 1 ? match.Groups[1].Value : match.Value;
                    }
                }

                var left = Patience - Stopwatch.GetElapsedTime(started);
                if (left <= TimeSpan.Zero || (_process.HasExited && !Monitor.Wait(_lines, 500) && at == _lines.Count))
                {
                    throw new BenchmarkException($"{_name} did not print '{pattern}':\n{string.Join('\n', _lines.TakeLast(20))}");
                }

                Monitor.Wait(_lines, 200);
            }
        }
    }

    /// <summary>Asks for the end, waits, and kills what does not end by itself.</summary>
    public void Dispose()
    {
        _process.StandardInput.Close();

        // Not an interrupt: what a script starts in the background ignores those, and so do its children.
        _ = Signals.Send(_process.Id, Signals.Terminate);
        if (!_process.WaitForExit(EndPatience))
        {
            _process.Kill();
            _process.WaitForExit();
        }

        _process.Dispose();
    }

    private void Keep(string? line)
    {
        if (line is null)
        {
            return;
        }

        lock (_lines)
        {
            _lines.Add(line);
            Monitor.PulseAll(_lines);
        }
    }
}
