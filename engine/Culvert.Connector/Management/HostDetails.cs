using System.Net;
using System.Net.Sockets;

namespace Culvert.Connector.Management;

/// <summary>What <c>/host_details</c> tells of the machine (supervisor-and-operations, section 7.1).</summary>
internal static class HostDetails
{
    /// <summary>The local address that the system uses towards the edge; null when there is no way.</summary>
    public static IPAddress? LocalAddress(IPEndPoint edge)
    {
        try
        {
            // Connecting a UDP socket asks the routing table and sends nothing.
            using var socket = new Socket(edge.AddressFamily, SocketType.Dgram, ProtocolType.Udp);
            socket.Connect(edge);
            return ((IPEndPoint)socket.LocalEndPoint!).Address;
        }
        catch (SocketException)
        {
            return null;
        }
    }

    /// <summary>What the connector is called: its label, else the machine's name.</summary>
    public static string Name(string label)
    {
        if (label.Length > 0)
        {
            return "custom:" + label;
        }

        try
        {
            return Dns.GetHostName();
        }
        catch (SocketException)
        {
            return "unknown";
        }
    }
}
