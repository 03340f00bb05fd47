namespace Culvert.CommandLine.Commands;

/// <summary>
/// Exit codes of the process, which scripts and service managers read (supervisor-and-operations, section 1.7). A second signal
/// ends it with 128 and the signal's number, as a shell shows it.
/// </summary>
internal static class ExitCode
{
    public const int Success = 0;

    /// <summary>The command could not do what it was asked for.</summary>
    public const int Failure = 1;

    /// <summary>There is no such command in a group of commands.</summary>
    public const int UnknownTopic = 3;

    /// <summary>The command was called the wrong way: flags, arguments, a token that is none.</summary>
    public const int Usage = 255;
}
