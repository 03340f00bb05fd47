using System.CommandLine;

namespace Culvert.CommandLine.Commands;

/// <summary>
/// <c>culvert update</c>: replaces nothing, and says so as the original does where a package manager installed it, with the same
/// status (cli-api-access, section 15). Timers that look for status 11, a program that was replaced, restart nothing.
/// </summary>
internal static class UpdateCommand
{
    public static Command Create()
    {
        var command = new Command("update", "Say how this program is updated.")
        {
            new Option<bool>("--beta") { Description = "No effect.", Hidden = true },
            new Option<bool>("--force") { Description = "No effect.", Hidden = true },
            new Option<bool>("--staging") { Description = "No effect.", Hidden = true },
            new Option<string?>("--version") { Description = "No effect.", HelpName = "VERSION", Hidden = true },
        };
        command.SetAction(async (parsed, _) =>
        {
            await parsed.InvocationConfiguration.Error.WriteLineAsync(
                "culvert: this program does not replace itself. Please update it the way it was installed, by its package or its "
                + "file; 'culvert --version' says which version it is.").ConfigureAwait(false);
            return ExitCode.Success;
        });
        return command;
    }
}
