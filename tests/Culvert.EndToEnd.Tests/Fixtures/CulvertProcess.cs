using System.Diagnostics;
using System.Globalization;

namespace Culvert.EndToEnd.Tests.Fixtures;

/// <summary>The <c>culvert</c> executable as a child process.</summary>
internal sealed class CulvertProcess : IAsyncDisposable
{
    private static readonly string Executable = Path.Combine(AppContext.BaseDirectory, "culvert");

    private readonly Process _process;

    private CulvertProcess(string[] arguments, params (string Name, string Value)[] environment)
    {
        var start = new ProcessStartInfo(Executable, arguments)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = Path.GetTempPath(),
        };
        foreach (var name in start.Environment.Keys.Where(n => n.StartsWith("TUNNEL_", StringComparison.Ordinal)).ToList())
        {
            start.Environment.Remove(name);
        }

        // Tests that look at the edge see no dials but their own.
        start.Environment["TUNNEL_NO_PRECHECKS"] = "true";
        foreach (var (name, value) in environment)
        {
            start.Environment[name] = value;
        }

        _process = new Process { StartInfo = start };
        _process.OutputDataReceived += (_, line) => AddTo(Output, line.Data);
        _process.ErrorDataReceived += (_, line) => AddTo(Errors, line.Data);
        _process.Start();
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    public LineLog Output { get; } = new();

    public LineLog Errors { get; } = new();

    /// <summary>
    /// Lines on stderr that are not for information. Whether this user may send pings is the machine's to say, and no test's.
    /// </summary>
    public IEnumerable<string> Complaints => Errors.Lines.Where(line => !line.Contains("Z INF ", StringComparison.Ordinal)
        && !line.Contains("ICMP proxy feature is disabled", StringComparison.Ordinal));

    /// <summary>Memory in RAM now, in bytes.</summary>
    public long ResidentBytes => ReadStatus("VmRSS");

    /// <summary>Most memory that was in RAM at a time, in bytes.</summary>
    public long PeakResidentBytes => ReadStatus("VmHWM");

    public static CulvertProcess Start(params string[] arguments) => new(arguments);

    /// <summary>Starts it with one more environment variable.</summary>
    public static CulvertProcess StartWith(string name, string value, params string[] arguments) => new(arguments, (name, value));

    /// <summary>Its process id.</summary>
    public int Id => _process.Id;

    /// <summary>Runs to the end and returns the exit code.</summary>
    public async Task<int> ExitAsync()
    {
        // Also waits for the rest of both outputs.
        await _process.WaitForExitAsync().InTime();
        return _process.ExitCode;
    }

    /// <summary>Asks for a graceful end.</summary>
    public Task TerminateAsync() => SignalAsync("TERM");

    /// <summary>Asks for a graceful end as Ctrl-C does.</summary>
    public Task InterruptAsync() => SignalAsync("INT");

    /// <summary>Asks for the configuration to be read again.</summary>
    public Task HangUpAsync() => SignalAsync("HUP");

    private async Task SignalAsync(string signal)
    {
        var command = string.Create(CultureInfo.InvariantCulture, $"kill -{signal} {_process.Id}");
        using var kill = Process.Start("/bin/sh", ["-c", command]);
        await kill.WaitForExitAsync().InTime();
    }

    /// <summary>Ends it as a crash does.</summary>
    public void Kill() => _process.Kill();

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            _process.Kill();
            await _process.WaitForExitAsync().InTime();
        }

        _process.Dispose();
    }

    private static void AddTo(LineLog log, string? line)
    {
        if (line is not null)
        {
            log.Add(line);
        }
    }

    private long ReadStatus(string name)
    {
        var line = File.ReadLines($"/proc/{_process.Id}/status").First(l => l.StartsWith(name + ":", StringComparison.Ordinal));
        return 1024 * long.Parse(line.AsSpan(name.Length + 1).Trim().TrimEnd("kB").Trim(), CultureInfo.InvariantCulture);
    }
}
