using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;

namespace Culvert.Benchmarks.Load.Processes;

/// <summary>
/// Counts the system calls of a process from outside, in a run of its own: counting slows them. Uses perf where it may
/// count them, else strace.
/// </summary>
internal sealed class SyscallCount : IDisposable
{
    private static readonly Lazy<string?> Tool = new(FindTool);
    private readonly Process _counter;
    private readonly string _output;

    private SyscallCount(Process counter, string output)
    {
        _counter = counter;
        _output = output;
    }

    /// <summary>What counts here: perf, strace, or null when neither can.</summary>
    public static string? ToolName => Tool.Value;

    /// <summary>Attaches to a process.</summary>
    /// <exception cref="BenchmarkException">Nothing here can count.</exception>
    public static SyscallCount Start(int process)
    {
        var output = Path.GetTempFileName();
        var id = process.ToString(CultureInfo.InvariantCulture);
        string[] command = ToolName switch
        {
            "perf" => ["perf", "stat", "-x", ",", "-o", output, "-e", "raw_syscalls:sys_enter", "-p", id],
            "strace" => ["strace", "-f", "-c", "-U", "calls,name", "-o", output, "-p", id],
            _ => throw new BenchmarkException("neither perf nor strace can count system calls here"),
        };
        var counter = Process.Start(new ProcessStartInfo(command[0], command.Skip(1)) { RedirectStandardError = true })!;
        counter.ErrorDataReceived += (_, _) => { };
        counter.BeginErrorReadLine();

        // Neither tool tells when it has attached to all threads.
        Thread.Sleep(500);
        return new SyscallCount(counter, output);
    }

    /// <summary>Detaches and tells how many calls there were.</summary>
    /// <exception cref="BenchmarkException">The counter's output is not what it was expected to be.</exception>
    public long Stop()
    {
        _ = Signals.Send(_counter.Id, Signals.Interrupt);
        _counter.WaitForExit();
        var text = File.ReadAllText(_output);
        var match = Regex.Match(text, @"(?m)^\s*(\d+)(,[^\n]*raw_syscalls|\s+total)");
        return match.Success
            ? long.Parse(match.Groups[1].Value, CultureInfo.InvariantCulture)
            : throw new BenchmarkException($"{ToolName} has not counted: {text}");
    }

    public void Dispose()
    {
        if (!_counter.HasExited)
        {
            _counter.Kill();
        }

        _counter.Dispose();
        File.Delete(_output);
    }

    private static string? FindTool() =>
        Works("perf", "stat", "-e", "raw_syscalls:sys_enter", "true") ? "perf" : Works("strace", "-c", "true") ? "strace" : null;

    private static bool Works(params string[] command)
    {
        try
        {
            using var process = Process.Start(new ProcessStartInfo(command[0], command.Skip(1))
            { RedirectStandardError = true })!;
            _ = process.StandardError.ReadToEnd();
            process.WaitForExit();
            return process.ExitCode == 0;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return false;
        }
    }
}
