namespace Culvert.CommandLine.Commands;

/// <summary>A command cannot go on; the text is the one line that the user sees.</summary>
internal class CommandException(string message, Exception? inner = null) : Exception(message, inner)
{
    /// <summary>Exit code of the process (cli-api-access, section 1.4).</summary>
    public virtual int ExitCode => Commands.ExitCode.Failure;
}

/// <summary>A command was called the wrong way; the user is pointed at its help.</summary>
internal sealed class UsageException(string message, Exception? inner = null) : CommandException(message, inner)
{
    public override int ExitCode => Commands.ExitCode.Usage;
}
