using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;

namespace Culvert.Engine.Datagrams.Icmp;

/// <summary>Finds the addresses that pings leave from (datagrams, section 7.7).</summary>
internal static class IcmpSources
{
    /// <summary>The address that the system would use towards a private network; 0.0.0.0 when it has none.</summary>
    public static IPAddress FindV4()
    {
        try
        {
            // Connecting sends nothing; it asks for the route.
            using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
            socket.Connect(new IPAddress([192, 168, 0, 1]), 53);
            return ((IPEndPoint)socket.LocalEndPoint!).Address;
        }
        catch (SocketException)
        {
            return IPAddress.Any;
        }
    }

    /// <summary>
    /// An address of the interface that has the IPv4 one, or of any: a global one, else a unique local one, else one of the link
    /// with its zone; :: when there is none. Loopback, which the original may take, reaches nobody.
    /// </summary>
    public static IPAddress FindV6(IPAddress sourceV4)
    {
        try
        {
            var interfaces = NetworkInterface.GetAllNetworkInterfaces()
                .Where(i => i.OperationalStatus is OperationalStatus.Up or OperationalStatus.Unknown)
                .Select(i => i.GetIPProperties().UnicastAddresses.Select(u => u.Address).ToArray())
                .OrderByDescending(addresses => addresses.Contains(sourceV4));
            return interfaces.SelectMany(addresses => addresses)
                .Where(address => address.AddressFamily == AddressFamily.InterNetworkV6 && !IPAddress.IsLoopback(address))
                .OrderBy(address => address.IsIPv6LinkLocal ? 2 : address.IsIPv6UniqueLocal ? 1 : 0)
                .FirstOrDefault(IPAddress.IPv6Any);
        }
        catch (NetworkInformationException)
        {
            return IPAddress.IPv6Any;
        }
    }
}
