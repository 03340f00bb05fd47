using System.CommandLine;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Culvert.Engine.Metrics;
using Culvert.Ingress.Values;

namespace Culvert.CommandLine.Commands;

/// <summary>
/// <c>--metrics</c>: where a connector or an edge node serves metrics and readiness (supervisor-and-operations, section 6.1).
/// </summary>
/// <param name="search">What is tried when the flag is not set.</param>
/// <param name="variable">Environment variable of the flag; null for none.</param>
internal sealed class MetricsFlag(MetricsAddress search, string? variable)
{
    /// <summary>Asks for the known ports; the original compares the text too.</summary>
    private const string SearchPorts = "localhost:0";

    private readonly Option<string> _metrics = new("--metrics")
    {
        Description = string.Create(
            CultureInfo.InvariantCulture,
            $"Address of metrics and readiness. By default the first free port " +
            $"from {search.EndPoints[0].Port} to {search.EndPoints[^2].Port}, or any, on localhost."),
        HelpName = "HOST:PORT",
        DefaultValueFactory = _ => (variable is null ? null : Environment.GetEnvironmentVariable(variable)) ?? SearchPorts,
        Recursive = true,
    };

    public void AddTo(Command command) => command.Options.Add(_metrics);

    /// <summary>The address as it was given by the flag, the file or the environment; null when none was.</summary>
    public string? Given(ParseResult parsed) => parsed.GetResult(_metrics) is { Implicit: false } ? parsed.GetValue(_metrics)
        : variable is not null && Environment.GetEnvironmentVariable(variable) is { Length: > 0 } named ? named : null;

    /// <exception cref="CommandException">The value is no address.</exception>
    public MetricsAddress Address(ParseResult parsed)
    {
        var text = parsed.GetValue(_metrics)!;
        if (text == SearchPorts)
        {
            return search;
        }

        var colon = text.LastIndexOf(':');
        if (colon < 0 || !ushort.TryParse(text.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var port))
        {
            throw new CommandException($"--metrics: '{text}' is not HOST:PORT such as 127.0.0.1:20241");
        }

        return new MetricsAddress([new IPEndPoint(Resolve(text[..colon].Trim('[', ']')), port)]);
    }

    private static IPAddress Resolve(string host)
    {
        try
        {
            return host.Length == 0 ? IPAddress.IPv6Any : IpText.TryParseAddress(host, out var address) ? address
                : IpText.IsLooseAddress(host) ? throw new CommandException($"--metrics: '{host}' is no IP address and no name")
                : host == "localhost" ? IPAddress.Loopback : Dns.GetHostAddresses(host)[0];
        }
        catch (SocketException e)
        {
            throw new CommandException($"--metrics: '{host}' cannot be resolved: {e.Message}", e);
        }
    }
}
