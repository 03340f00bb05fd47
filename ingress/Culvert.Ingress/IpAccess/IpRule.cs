using System.Globalization;
using System.Net;
using Culvert.Ingress.Rules;
using Culvert.Ingress.Values;

namespace Culvert.Ingress.IpAccess;

/// <summary>An IP rule as it was written: nothing is checked yet.</summary>
/// <param name="Prefix">Network, for example <c>10.0.0.0/8</c>; null or empty when it is missing.</param>
/// <param name="Ports">Ports, empty for every port.</param>
/// <param name="Allow">Whether the rule allows.</param>
public sealed record IpRuleText(string? Prefix, IReadOnlyList<int> Ports, bool Allow);

/// <summary>Allows or denies connections to a network (ingress-and-config, section 3.7). Immutable and thread-safe.</summary>
public sealed class IpRule
{
    private readonly int[] _ports;

    private IpRule(IPNetwork network, int[] ports, bool allow)
    {
        Network = network;
        _ports = ports;
        Allow = allow;
    }

    /// <summary>The network; host bits are zero, and an IPv4 network is never written as IPv6.</summary>
    public IPNetwork Network { get; }

    /// <summary>Ports in ascending order; empty for every port.</summary>
    public IReadOnlyList<int> Ports => _ports;

    /// <summary>Whether the rule allows.</summary>
    public bool Allow { get; }

    /// <summary>Checks a rule.</summary>
    /// <exception cref="IngressException">The prefix or a port is not valid.</exception>
    public static IpRule Parse(IpRuleText text)
    {
        ArgumentNullException.ThrowIfNull(text);
        if (string.IsNullOrEmpty(text.Prefix))
        {
            throw new IngressException("no prefix provided");
        }

        if (!IpText.TryParseNetwork(text.Prefix, out var network))
        {
            throw new IngressException($"unable to parse cidr: {text.Prefix}");
        }

        foreach (var port in text.Ports)
        {
            if (port is < 1 or > 65535)
            {
                throw new IngressException(
                    string.Create(CultureInfo.InvariantCulture, $"invalid port {port}, needs to be between 1 and 65535"));
            }
        }

        return new IpRule(network, [.. text.Ports.Order()], text.Allow);
    }

    /// <summary>Whether the rule has something to say about a connection.</summary>
    public bool Matches(IPAddress address, int port)
    {
        ArgumentNullException.ThrowIfNull(address);
        var plain = address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;
        return Network.Contains(plain) && (_ports.Length == 0 || Array.BinarySearch(_ports, port) >= 0);
    }

    /// <inheritdoc/>
    public override string ToString()
    {
        var ports = _ports.Length == 0 ? "all" : $"[{string.Join(' ', _ports)}]";
        return $"prefix:{Network}/port:{ports}/allow:{(Allow ? "true" : "false")}";
    }
}
