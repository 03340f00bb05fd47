using System.CommandLine;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Culvert.Connector.Metrics;
using Culvert.Ingress.Values;

namespace Culvert.CommandLine.Commands;

/// <summary><c>--metrics</c>: where a connector serves metrics and readiness (supervisor-and-operations, section 6.1).</summary>
internal sealed class MetricsFlag
{
    /// <summary>Asks for the known ports; the original compares the text too.</summary>
    private const string SearchPorts = "localhost:0";

    private readonly Option<string> _metrics = new("--metrics")
    {
        Description = "Address of metrics and readiness. By default the first free port from 20241 to 20245, or any, on localhost.",
        HelpName = "HOST:PORT",
        DefaultValueFactory = _ => Environment.GetEnvironmentVariable("TUNNEL_METRICS") ?? SearchPorts,
        Recursive = true,
    };

    public void AddTo(Command command) => command.Options.Add(_metrics);

    /// <exception cref="CommandException">The value is no address.</exception>
    public MetricsAddress Address(ParseResult parsed)
    {
        var text = parsed.GetValue(_metrics)!;
        if (text == SearchPorts)
        {
            return MetricsAddress.Default;
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
