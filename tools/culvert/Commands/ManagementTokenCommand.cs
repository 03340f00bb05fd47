using System.CommandLine;
using System.Text.Json;
using Culvert.CommandLine.Tailing;

namespace Culvert.CommandLine.Commands;

/// <summary>
/// <c>culvert tail token</c> and <c>culvert management token</c>: print a management token (cli-api-access, section 12.4).
/// </summary>
internal static class ManagementTokenCommand
{
    private static readonly string[] Resources = ["logs", "admin", "host_details"];

    /// <summary>The command of <c>culvert tail</c>, for logs; its parent has the flags.</summary>
    public static Command ForLogs(TunnelOwnerFlags owner) => Create(owner, _ => Resources[0]);

    /// <summary><c>culvert management</c>.</summary>
    public static Command CreateGroup()
    {
        var owner = new TunnelOwnerFlags();
        var resource = new Option<string>("--resource")
        {
            Description = "What the token is for: logs, admin or host_details.",
            HelpName = "NAME",
            Required = true,
        };
        var token = Create(owner, parsed => parsed.GetValue(resource)!);
        token.Options.Add(resource);
        var group = new Command("management", "Ask running connectors.") { token };
        group.Hidden = true;
        owner.AddTo(group);
        return group;
    }

    private static Command Create(TunnelOwnerFlags owner, Func<ParseResult, string> resourceOf)
    {
        var tunnel = new Argument<string?>("TUNNEL-ID") { Description = "UUID of the tunnel.", Arity = ArgumentArity.ZeroOrOne };
        var command = new Command("token", "Print a management token of a tunnel.") { tunnel };
        command.Hidden = true;
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var resource = resourceOf(parsed);
            if (!Resources.Contains(resource))
            {
                throw new CommandException($"invalid resource '{resource}': must be one of: {string.Join(", ", Resources)}");
            }

            try
            {
                var token = await ManagementTokenClient.RequestAsync(
                    owner.Owner(parsed, parsed.GetValue(tunnel)), resource, cancellationToken).ConfigureAwait(false);
                await parsed.InvocationConfiguration.Output.WriteLineAsync(
                    $$"""{"token":"{{JsonEncodedText.Encode(token)}}"}""").ConfigureAwait(false);
                return ExitCode.Success;
            }
            catch (TailException e)
            {
                throw new CommandException(string.Join("; ", e.Texts), e);
            }
        });
        return command;
    }
}
