using System.CommandLine;
using Culvert.CommandLine.Commands;
using Microsoft.Extensions.Logging;

namespace Culvert.CommandLine.Services;

/// <summary><c>--root</c>: a directory that stands for <c>/</c>, for images of machines. Nothing is started there.</summary>
internal sealed class ServiceRootFlag
{
    private readonly Option<string> _root = new("--root")
    {
        Description = "Directory of a machine's files; its services are installed, but not started.",
        HelpName = "DIRECTORY",
        DefaultValueFactory = _ => "/",
        Recursive = true,
    };

    public void AddTo(Command command) => command.Options.Add(_root);

    public ServiceFiles Files(ParseResult parsed) => new(parsed.GetValue(_root)!);

    /// <exception cref="CommandException">This system has no services that are known here.</exception>
    public ServiceInstallation Installation(ParseResult parsed, ILogger logger)
    {
        var files = Files(parsed);
        return OperatingSystem.IsLinux() ? new ServiceInstallation(files, IServiceSystem.Detect(files), logger)
            : throw new CommandException("service installation is not supported on this operating system");
    }
}
