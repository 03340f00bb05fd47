using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Parsing;
using Culvert.CommandLine.Services;

namespace Culvert.CommandLine.Commands;

/// <summary>All commands, and how their errors reach the user: one line that says what is wrong and where.</summary>
internal static class CommandTree
{
    public static async Task<int> RunAsync(string[] args, TextWriter output, TextWriter errors)
    {
        var configuration = new ConfigurationFlag();
        var root = new RootCommand("Culvert: public URLs for servers that have no public address.")
        {
            UpCommand.Create(),
            TunnelCommand.Create(configuration),
            EdgeCommand.Create(),
            ConfigCommand.Create(configuration),
            TailCommand.Create(),
            ManagementTokenCommand.CreateGroup(),
            ServiceCommand.Create(configuration),
            UpdateCommand.Create(),
        };
        VersionCommand.AddTo(root);
        var parsed = root.Parse(args);
        if (Mistake(parsed) is { } mistake)
        {
            await errors.WriteLineAsync($"culvert: {mistake} See '{Path(parsed)} --help'.").ConfigureAwait(false);
            return IsUnknownTopic(parsed) ? ExitCode.UnknownTopic : ExitCode.Usage;
        }

        if (parsed.Action is null)
        {
            new HelpAction().Invoke(parsed);
            return ExitCode.Success;
        }

        try
        {
            var invocation = new InvocationConfiguration
            {
                Output = output,
                Error = errors,
                EnableDefaultExceptionHandler = false,
                ProcessTerminationTimeout = null,
            };
            return await configuration.Apply(root, args, parsed).InvokeAsync(invocation).ConfigureAwait(false);
        }
        catch (CommandException e)
        {
            var hint = e is UsageException ? $" See '{Path(parsed)} --help'." : "";
            await errors.WriteLineAsync($"culvert: {e.Message}{hint}").ConfigureAwait(false);
            return e.ExitCode;
        }
        catch (Exception e)
        {
            // Users get one line whatever happened; the type tells developers where to look.
            await errors.WriteLineAsync($"culvert: internal error: {e.GetType().Name}: {e.Message}").ConfigureAwait(false);
            return ExitCode.Failure;
        }
    }

    // A group does nothing by itself, so a word after it can only have been meant as a command.
    private static bool IsUnknownTopic(ParseResult parsed) =>
        parsed.CommandResult.Command is { Action: null, Subcommands.Count: > 0 }
            && parsed.UnmatchedTokens.Count > 0 && !parsed.UnmatchedTokens[0].StartsWith('-');

    // A word that nobody knows says more than what is missing because of it, and a flag is no positional argument's value, but
    // for those that take another command's flags.
    private static string? Mistake(ParseResult parsed)
    {
        var arguments = parsed.CommandResult.Children.OfType<ArgumentResult>()
            .Where(result => result.Argument.Arity.MaximumNumberOfValues <= 1).SelectMany(result => result.Tokens);
        var flags = arguments.Select(token => token.Value).Where(value => value.StartsWith('-'));
        return flags.Concat(parsed.UnmatchedTokens).FirstOrDefault() is { } stray
            ? $"Unrecognized command or argument '{stray}'."
            : parsed.Errors.Count > 0 ? parsed.Errors[0].Message : null;
    }

    private static string Path(ParseResult parsed)
    {
        var names = new Stack<string>();
        for (SymbolResult? result = parsed.CommandResult; result is not null; result = result.Parent)
        {
            if (result is CommandResult { Command: var command })
            {
                names.Push(command is RootCommand ? "culvert" : command.Name);
            }
        }

        return string.Join(' ', names);
    }
}
