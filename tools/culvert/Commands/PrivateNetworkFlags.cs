using System.CommandLine;
using System.Globalization;
using System.Net;
using Culvert.Edge;
using Culvert.Edge.PrivateNetworks;
using Culvert.Edge.PrivateNetworks.Forwards;
using Culvert.Edge.PrivateNetworks.Proxies;
using Culvert.Ingress.Values;

namespace Culvert.CommandLine.Commands;

/// <summary>Flags of <c>culvert edge</c> that open ways into private networks.</summary>
internal sealed class PrivateNetworkFlags
{
    public const string Udp = "--udp";

    private const string UserVariable = "CULVERT_PRIVATE_PROXY_USER";

    private readonly Option<string[]> _udp = new(Udp)
    {
        Description = "A UDP port that leads to an address behind a tunnel. Repeatable.",
        HelpName = "PORT=TUNNEL/IP:PORT",
    };

    private readonly Option<string[]> _tcp = new("--tcp")
    {
        Description = "A TCP port that leads to an address behind a tunnel, or to the TCP service of a hostname. Repeatable.",
        HelpName = "PORT=TUNNEL/IP:PORT or PORT=HOSTNAME",
    };

    private readonly Option<IPEndPoint?> _proxy = new("--private-proxy")
    {
        Description = "Address of a SOCKS5 and HTTP CONNECT proxy into the networks that --private-network names.",
        HelpName = "ADDRESS:PORT",
        CustomParser = FlagValue.ListenAddress,
    };

    private readonly Option<string[]> _networks = new("--private-network")
    {
        Description = "A network behind a tunnel that the proxy's clients and pings may reach. Repeatable.",
        HelpName = "TUNNEL=NETWORK/BITS",
    };

    private readonly Option<string?> _user = new("--private-proxy-user")
    {
        Description = $"What the proxy's clients have to give; needed unless it listens on loopback. [env: {UserVariable}]",
        HelpName = "NAME:PASSWORD",
    };

    private readonly Option<string?> _pings = new("--ping-interface")
    {
        Description = "A TUN interface whose pings are carried into the networks that --private-network names.",
        HelpName = "NAME",
    };

    public void AddTo(Command command)
    {
        command.Options.Add(_udp);
        command.Options.Add(_tcp);
        command.Options.Add(_proxy);
        command.Options.Add(_networks);
        command.Options.Add(_user);
        command.Options.Add(_pings);
    }

    /// <summary>Adds what the flags say to an edge node's options.</summary>
    /// <param name="parsed">The command line.</param>
    /// <param name="address">Where ports without an address of their own listen.</param>
    /// <param name="options">The rest.</param>
    /// <exception cref="CommandException">A value is not usable.</exception>
    public EdgeOptions AddTo(ParseResult parsed, IPAddress address, EdgeOptions options) => options with
    {
        UdpForwards = [.. (parsed.GetValue(_udp) ?? []).Select(text => Forward(Udp, text, address, mayBeHostname: false))],
        TcpForwards = [.. (parsed.GetValue(_tcp) ?? []).Select(text => Forward("--tcp", text, address, mayBeHostname: true))],
        PrivateRoutes = [.. (parsed.GetValue(_networks) ?? []).Select(Route)],
        PingInterface = parsed.GetValue(_pings),
        PrivateProxy = parsed.GetValue(_proxy) is { } listen ? Proxy(
            listen, parsed.GetValue(_networks)?.Length > 0,
            parsed.GetValue(_user) ?? Environment.GetEnvironmentVariable(UserVariable)) : null,
    };

    internal static PrivateProxyOptions Proxy(IPEndPoint listen, bool hasNetworks, string? user)
    {
        if (!hasNetworks)
        {
            throw new CommandException(
                "--private-proxy: name what its clients may reach with --private-network TUNNEL=10.0.0.0/8");
        }

        if (string.IsNullOrEmpty(user) && !IPAddress.IsLoopback(listen.Address))
        {
            throw new CommandException(
                $"--private-proxy: {listen} is not on loopback, so --private-proxy-user NAME:PASSWORD is needed");
        }

        var colon = user?.IndexOf(':', StringComparison.Ordinal) ?? -1;
        if (!string.IsNullOrEmpty(user) && (colon <= 0 || colon == user.Length - 1))
        {
            throw new CommandException("--private-proxy-user: the value is not NAME:PASSWORD");
        }

        return new PrivateProxyOptions(listen)
        {
            Credentials = colon > 0 ? new NetworkCredential(user![..colon], user[(colon + 1)..]) : null,
        };
    }

    internal static PrivateRoute Route(string text)
    {
        var equals = text.IndexOf('=', StringComparison.Ordinal);
        return equals > 0 && IpText.TryParseNetwork(text.AsSpan(equals + 1), out var network)
            ? new PrivateRoute(text[..equals], network)
            : throw new CommandException($"--private-network: '{text}' is not TUNNEL=NETWORK/BITS such as home=192.168.1.0/24");
    }

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

        var isEndPoint = IpText.TryParseEndPoint(text, out var parsed);
        listen = parsed ?? new IPEndPoint(address, 0);
        return isEndPoint;
    }
}
