using System.CommandLine;
using Culvert.Connector.Management;

namespace Culvert.CommandLine.Commands;

/// <summary>Flags of the service that operators reach through the tunnel (supervisor-and-operations, section 1.9).</summary>
internal sealed class ManagementFlags
{
    private readonly Option<string> _hostname = CreateHostname();

    private readonly Option<bool> _diagnostics = new("--management-diagnostics")
    {
        Description = "Show metrics to operators through the tunnel.",
        DefaultValueFactory = _ => Environment.GetEnvironmentVariable("TUNNEL_MANAGEMENT_DIAGNOSTICS") is null or "true" or "1",
        Recursive = true,
    };

    private readonly Option<string> _label = new("--label")
    {
        Description = "Name of this connector for operators, in place of the machine's.",
        HelpName = "NAME",
        DefaultValueFactory = _ => "",
        Recursive = true,
    };

    /// <summary>The flag for the host of the service, for whoever serves it and for whoever asks it.</summary>
    public static Option<string> CreateHostname() => new("--management-hostname")
    {
        Description = "Host under which operators reach connectors.",
        HelpName = "HOST",
        DefaultValueFactory = _ => Environment.GetEnvironmentVariable("TUNNEL_MANAGEMENT_HOSTNAME")
            ?? new ManagementOptions().Hostname,
        Recursive = true,
    };

    public void AddTo(Command command)
    {
        command.Options.Add(_hostname);
        command.Options.Add(_diagnostics);
        command.Options.Add(_label);
    }

    public ManagementOptions Options(ParseResult parsed) => new()
    {
        Hostname = parsed.GetValue(_hostname)!,
        Diagnostics = parsed.GetValue(_diagnostics),
        Label = parsed.GetValue(_label)!,
    };
}
