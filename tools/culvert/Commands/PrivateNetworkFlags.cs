using System.CommandLine;
using System.Globalization;
using System.Net;
using Culvert.Edge;
using Culvert.Edge.PrivateNetworks;
using Culvert.Edge.PrivateNetworks.Forwards;

namespace Culvert.CommandLine.Commands;

/// <summary>Flags of <c>culvert edge</c> that open ways into private networks.</summary>
internal sealed class PrivateNetworkFlags
{
    private readonly Option<string[]> _udp = new("--udp")
    {
        Description = "A UDP port that leads to an address behind a tunnel. Repeatable.",
        HelpName = "PORT=TUNNEL/IP:PORT",
    };

    private readonly Option<string[]> _tcp = new("--tcp")
    {
        Description = "A TCP port that leads to an address behind a tunnel, or to the TCP service of a hostname. Repeatable.",
        HelpName = "PORT=TUNNEL/IP:PORT or PORT=HOSTNAME",
    };

    public void AddTo(Command command)
    {
        command.Options.Add(_udp);
        command.Options.Add(_tcp);
    }

    /// <summary>Adds what the flags say to an edge node's options.</summary>
    /// <param name="parsed">The command line.</param>
    /// <param name="address">Where ports without an address of their own listen.</param>
    /// <param name="options">The rest.</param>
    /// <exception cref="CommandException">A value is not usable.</exception>
    public EdgeOptions AddTo(ParseResult parsed, IPAddress address, EdgeOptions options) => options with
    {
        UdpForwards = [.. (parsed.GetValue(_udp) ?? []).Select(text => Forward("--udp", text, address, mayBeHostname: false))],
        TcpForwards = [.. (parsed.GetValue(_tcp) ?? []).Select(text => Forward("--tcp", text, address, mayBeHostname: true))],
    };

    internal static PortForward Forward(string flag, string text, IPAddress address, bool mayBeHostname)
    {
        var equals = text.IndexOf('=', StringComparison.Ordinal);
        if (equals > 0 && TryReadListen(text[..equals], address, out var listen))
        {
            var target = text[(equals + 1)..];
            if (PrivateDestination.TryParse(target, out var destination))
            {
                return new PortForward(listen, destination);
            }

            if (mayBeHostname && Uri.CheckHostName(target) == UriHostNameType.Dns)
            {
                return new PortForward(listen, null, target);
            }
        }

        throw new CommandException(
            $"{flag}: '{text}' is not PORT=TUNNEL/IP:PORT{(mayBeHostname ? " or PORT=HOSTNAME" : "")}; " +
            "PORT may have an address before it, such as 0.0.0.0:5353");
    }

    private static bool TryReadListen(string text, IPAddress address, out IPEndPoint listen)
    {
        if (ushort.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var port))
        {
            listen = new IPEndPoint(address, port);
            return true;
        }

        var isEndPoint = IPEndPoint.TryParse(text, out var parsed) && text.LastIndexOf(':') > text.LastIndexOf(']');
        listen = parsed ?? new IPEndPoint(address, 0);
        return isEndPoint && (text[0] == '[' || text.IndexOf(':', StringComparison.Ordinal) == text.LastIndexOf(':'));
    }
}
