using System.Globalization;
using System.Net;

namespace Culvert.Engine.Origins.AccessRules;

/// <summary>Allows or denies a network and some of its ports (ingress-and-config, section 3.7). Immutable.</summary>
public sealed class IPRule
{
    private readonly IPNetwork _network;
    private readonly int[] _ports;

    private IPRule(IPNetwork network, int[] ports, bool allow) => (_network, _ports, Allow) = (network, ports, allow);

    /// <summary>Whether what the rule covers is allowed.</summary>
    public bool Allow { get; }

    /// <summary>Reads a rule.</summary>
    /// <param name="prefix">A network such as <c>10.0.0.0/8</c>; bits of the host part are ignored.</param>
    /// <param name="ports">1 to 65535 each, in any order; none means all.</param>
    /// <param name="allow">Whether what the rule covers is allowed.</param>
    /// <exception cref="FormatException">The network or a port is not valid; the text is the original's.</exception>
    public static IPRule Parse(string? prefix, IEnumerable<int>? ports, bool allow)
    {
        if (string.IsNullOrEmpty(prefix))
        {
            throw new FormatException("no prefix provided");
        }

        int[] sorted = [.. (ports ?? []).Order()];
        foreach (var port in sorted)
        {
            if (port is < 1 or > ushort.MaxValue)
            {
                throw new FormatException($"invalid port {port}, needs to be between 1 and 65535");
            }
        }

        return new IPRule(ParseNetwork(prefix), sorted, allow);
    }

    /// <summary>Whether the rule decides on an address; an IPv4 rule covers IPv4 addresses in IPv6 form too.</summary>
    public bool Covers(IPAddress address, int port)
    {
        ArgumentNullException.ThrowIfNull(address);
        var plain = address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;
        return _network.Contains(plain) && (_ports.Length == 0 || Array.BinarySearch(_ports, port) >= 0);
    }

    /// <summary>The rule as the original's errors show it.</summary>
    public override string ToString() =>
        $"prefix:{_network}/port:{(_ports.Length == 0 ? "all" : $"[{string.Join(' ', _ports)}]")}/allow:{(Allow ? "true" : "false")}";

    private static IPNetwork ParseNetwork(string prefix)
    {
        var slash = prefix.IndexOf('/', StringComparison.Ordinal);
        if (slash < 0 || !IPAddress.TryParse(prefix.AsSpan(0, slash), out var address) || !IsPlain(prefix.AsSpan(0, slash), address)
            || !int.TryParse(prefix.AsSpan(slash + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var length)
            || length > address.GetAddressBytes().Length * 8)
        {
            throw new FormatException($"unable to parse cidr: {prefix}");
        }

        if (address.IsIPv4MappedToIPv6 && length >= 96)
        {
            (address, length) = (address.MapToIPv4(), length - 96);
        }

        var bytes = address.GetAddressBytes();
        for (var bit = length; bit < bytes.Length * 8; bit++)
        {
            bytes[bit / 8] &= (byte)~(0x80 >> (bit % 8));
        }

        return new IPNetwork(new IPAddress(bytes), length);
    }

    // The platform also reads 10.1 and 0x0A as addresses, and brackets, scopes and blanks.
    private static bool IsPlain(ReadOnlySpan<char> text, IPAddress address) =>
        !text.ContainsAny("[]% ") && (text.Contains(':') || address.ToString().AsSpan().SequenceEqual(text));
}
