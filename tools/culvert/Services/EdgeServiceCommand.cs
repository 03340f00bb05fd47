using System.CommandLine;
using Culvert.CommandLine.Commands;

namespace Culvert.CommandLine.Services;

/// <summary><c>culvert edge service install</c> and <c>uninstall</c>: an edge node that the system keeps running.</summary>
internal sealed class EdgeServiceCommand(LogFlags log)
{
    private const string StateDirectory = ServiceNames.EdgeNode;
    private const string TunnelsFile = "/etc/culvert-edge/tunnels";
    private const string Description = "Culvert edge node";

    private readonly ServiceRootFlag _root = new();

    private readonly Argument<string[]> _flags = new("FLAGS")
    {
        Description = "Flags of 'culvert edge', after '--'.",
        Arity = ArgumentArity.ZeroOrMore,
    };

    /// <param name="log">The flags of the command that it is below.</param>
    public static Command Create(LogFlags log)
    {
        var service = new EdgeServiceCommand(log);
        var install =
            new Command("install", "Install the edge node as a service of this machine and start it.") { service._flags };
        install.SetAction(service.InstallAsync);
        var uninstall = new Command("uninstall", "Stop the service and remove it; its certificates stay.");
        uninstall.SetAction(service.UninstallAsync);
        var command = new Command("service", "Run the edge node as a service of this machine.") { install, uninstall };
        service._root.AddTo(command);
        return command;
    }

    private async Task<int> InstallAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        await using var logger = log.CreateLogger(parsed);
        var installation = _root.Installation(parsed, logger);
        var flags = parsed.GetValue(_flags)!;
        Check(flags);
        var arguments = new List<ServiceArgument> { new("edge") };
        var files = new List<ServiceFile>();
        for (var i = 0; i < flags.Length; i++)
        {
            arguments.Add(new ServiceArgument(flags[i]));
            if (flags[i] == EdgeFlags.TunnelsFile)
            {
                // A copy, because the service's user could not read the original.
                files.Add(new ServiceFile(TunnelsFile, Read(flags[++i]), ServiceFiles.Secret));
                arguments.Add(new ServiceArgument(TunnelsFile, "tunnels"));
            }
        }

        if (!flags.Contains(EdgeFlags.Data))
        {
            arguments.AddRange([new ServiceArgument(EdgeFlags.Data), new ServiceArgument($"/var/lib/{StateDirectory}")]);
        }

        var service = new ServiceDefinition(ServiceNames.EdgeNode, Description, Environment.ProcessPath!, arguments)
        {
            BindsLowPorts = true,
            SendsIcmpErrors = flags.Contains(PrivateNetworkFlags.Udp),
            StateDirectory = StateDirectory,
            WritablePaths = [.. WritablePaths(flags)],
        };
        installation.Install(service, files);
        return ExitCode.Success;
    }

    private async Task<int> UninstallAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        await using var logger = log.CreateLogger(parsed);
        _root.Installation(parsed, logger).Uninstall(ServiceNames.EdgeNode, [TunnelsFile]);
        return ExitCode.Success;
    }

    // A mistake is told now, and not by a service that does not start.
    private static void Check(string[] flags)
    {
        if (flags.Any(flag => flag == EdgeFlags.Tunnel || flag.StartsWith(EdgeFlags.Tunnel + '=', StringComparison.Ordinal)))
        {
            throw new CommandException(
                $"{EdgeFlags.Tunnel} would show its token to every user of the machine: write HOSTNAME=TOKEN lines into a file " +
                $"and give {EdgeFlags.TunnelsFile} FILE");
        }

        if (flags.FirstOrDefault(
            flag => flag.StartsWith("--", StringComparison.Ordinal) && flag.Contains('=', StringComparison.Ordinal))
            is { } joined)
        {
            throw new CommandException($"write {joined} as two words, without '='");
        }

        if (new RootCommand { EdgeCommand.Create() }.Parse(["edge", .. flags]) is { Errors: [var error, ..] })
        {
            throw new UsageException(error.Message);
        }
    }

    private static string Read(string path)
    {
        try
        {
            return File.ReadAllText(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new CommandException($"{EdgeFlags.TunnelsFile}: {e.Message}", e);
        }
    }

    private static IEnumerable<string> WritablePaths(string[] flags)
    {
        for (var i = 0; i + 1 < flags.Length; i++)
        {
            if (flags[i] == EdgeFlags.Data)
            {
                yield return flags[i + 1];
            }
            else if (flags[i] == "--access-log" && Path.GetDirectoryName(flags[i + 1]) is { Length: > 0 } directory)
            {
                yield return directory;
            }
        }
    }
}
