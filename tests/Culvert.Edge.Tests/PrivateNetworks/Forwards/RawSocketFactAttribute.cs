using System.Net.Sockets;

namespace Culvert.Edge.Tests.PrivateNetworks.Forwards;

/// <summary>A test of ICMP errors; skipped, with the reason, where the system allows this user no raw sockets.</summary>
public sealed class RawSocketFactAttribute : FactAttribute
{
    public RawSocketFactAttribute()
    {
        try
        {
            using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Raw, ProtocolType.Raw);
        }
        catch (SocketException e)
        {
            Skip = $"raw sockets: {e.Message}";
        }
    }
}
