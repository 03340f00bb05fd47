using System.CommandLine;
using System.CommandLine.Invocation;
using System.Reflection;

namespace Culvert.CommandLine.Commands;

/// <summary>
/// <c>culvert version</c>, <c>--version</c>, <c>-v</c> and <c>-V</c>: one line on standard output (cli-api-access, section 16).
/// In place of the time at which it was built, which would make each build another one, stands what it was built from.
/// </summary>
internal static class VersionCommand
{
    private static string Full { get; } =
        typeof(VersionCommand).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "";

    /// <summary>Adds the command and the flags.</summary>
    public static void AddTo(RootCommand root)
    {
        var flag = root.Options.OfType<VersionOption>().Single();
        flag.Aliases.Add("-v");
        flag.Aliases.Add("-V");
        flag.Description = "Say which version this is.";
        flag.Action = new FullVersion();

        var isShort = new Option<bool>("--short", "-s") { Description = "The number alone." };
        var command = new Command("version", "Say which version this is.") { isShort };
        command.SetAction(parsed => Write(
            parsed, parsed.GetValue(isShort) ? Full.Split('+')[0] : $"culvert version {Full}"));
        root.Add(command);
    }

    private static void Write(ParseResult parsed, string line) => parsed.InvocationConfiguration.Output.WriteLine(line);

    private sealed class FullVersion : SynchronousCommandLineAction
    {
        public override bool ClearsParseErrors => true;

        public override int Invoke(ParseResult parseResult)
        {
            Write(parseResult, $"culvert version {Full}");
            return ExitCode.Success;
        }
    }
}
