namespace Culvert.CommandLine.Commands;

/// <summary>A command cannot go on; the text is the one line that the user sees.</summary>
internal sealed class CommandException(string message, Exception? inner = null) : Exception(message, inner);
