using System.ComponentModel;
using System.Diagnostics;

namespace Culvert.CommandLine.Diagnosing;

/// <summary>Another program whose output is collected.</summary>
internal static class Subprocess
{
    /// <summary>Most output that is kept, in characters.</summary>
    public const int MaxOutput = 16 * 1024 * 1024;

    /// <summary>Runs a program to its end.</summary>
    /// <returns>What it wrote to either stream, as far as it is kept; and whether it succeeded.</returns>
    /// <exception cref="DiagnosticException">It cannot be started.</exception>
    public static async Task<(string Output, bool Succeeded)> RunAsync(
        string program, IEnumerable<string> arguments, CancellationToken cancellationToken)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            RedirectStandardInput = true,
        };
        using var process = new Process { StartInfo = start };
        try
        {
            process.Start();
        }
        catch (Win32Exception e)
        {
            throw new DiagnosticException($"{program} cannot be started: {e.Message}", e);
        }

        try
        {
            process.StandardInput.Close();
            var errors = ReadAsync(process.StandardError, cancellationToken);
            var output = await ReadAsync(process.StandardOutput, cancellationToken).ConfigureAwait(false);
            output += await errors.ConfigureAwait(false);
            await process.WaitForExitAsync(cancellationToken).ConfigureAwait(false);
            return (output, process.ExitCode == 0);
        }
        finally
        {
            if (!process.HasExited)
            {
                process.Kill(entireProcessTree: true);
            }
        }
    }

    private static async Task<string> ReadAsync(StreamReader reader, CancellationToken cancellationToken)
    {
        using var text = new StringWriter();
        var buffer = new char[16 * 1024];
        while (await reader.ReadAsync(buffer.AsMemory(), cancellationToken).ConfigureAwait(false) is > 0 and var count)
        {
            text.Write(buffer, 0, Math.Max(0, Math.Min(count, MaxOutput - text.GetStringBuilder().Length)));
        }

        return text.ToString();
    }
}
