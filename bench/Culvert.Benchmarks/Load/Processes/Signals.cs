using System.Runtime.InteropServices;

namespace Culvert.Benchmarks.Load.Processes;

/// <summary>Signals of Linux.</summary>
internal static partial class Signals
{
    public const int Interrupt = 2;
    public const int Kill = 9;
    public const int User1 = 10;
    public const int Terminate = 15;

    /// <summary>Sends a signal; negative when the process is gone.</summary>
    public static int Send(int process, int signal) => kill(process, signal);

    [LibraryImport("libc")]
    private static partial int kill(int process, int signal);
}
