using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Culvert.Ingress.Values;

namespace Culvert.Connector.EdgeAddresses;

/// <summary>Resolves the values of <c>--edge</c> (cli-api-access, section 4.7).</summary>
public static class StaticEdgeAddresses
{
    /// <summary>Resolves each <c>host:port</c> to one address, in order. Repetitions stay.</summary>
    /// <param name="values">The flag's values.</param>
    /// <param name="failed">Told about each value that did not resolve and is skipped.</param>
    /// <param name="cancellationToken">Gives the look-ups up.</param>
    /// <exception cref="FormatException">A value is not <c>host:port</c>, or none resolved.</exception>
    public static async Task<IReadOnlyList<IPEndPoint>> ResolveAsync(
        IEnumerable<string> values, Action<string, string> failed, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(values);
        ArgumentNullException.ThrowIfNull(failed);
        var addresses = new List<IPEndPoint>();
        foreach (var value in values)
        {
            var (host, port) = Split(value);
            try
            {
                var resolved = await Dns.GetHostAddressesAsync(host, cancellationToken).ConfigureAwait(false);
                if (resolved.Length > 0)
                {
                    addresses.Add(new IPEndPoint(resolved[0], port));
                }
            }
            catch (SocketException e)
            {
                failed(value, e.Message);
            }
        }

        return addresses.Count > 0 ? addresses : throw new FormatException("failed to resolve any edge address");
    }

    private static (string Host, int Port) Split(string value)
    {
        var colon = value.LastIndexOf(':');
        if (colon <= 0
            || !int.TryParse(value.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var port)
            || port is 0 or > 65535)
        {
            throw new FormatException($"invalid edge address '{value}': write HOST:PORT, for example 127.0.0.1:7844");
        }

        var host = value[..colon].Trim('[', ']');
        return IpText.IsLooseAddress(host)
            ? throw new FormatException($"invalid edge address '{value}': {host} is no IP address and no name") : (host, port);
    }
}
